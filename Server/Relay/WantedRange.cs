using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace P2P.Server.Relay;

/// <summary>How the answer is to look, before a byte is sent.</summary>
enum AnswerForm
{
    Whole,
    Part,
    NotModified,
    Changed,
    Unsatisfiable,
}

/// <summary>Which bytes are sent, and as what.</summary>
readonly record struct WantedRange(AnswerForm Form, long Offset, long Count)
{
    /// <summary>By the fields of the request. Null if they begin behind the end.</summary>
    public static WantedRange? Of(long offset, long? count, long length) =>
        offset > length ? null : new WantedRange(AnswerForm.Whole, offset, Math.Min(count ?? long.MaxValue, length - offset));

    /// <summary>
    /// By the headers of a GET or HEAD, in the order of RFC 9110, section 13.2.2. One range; the whole if there are several (an answer of many
    /// parts is never made), if none can be read, or for a HEAD, to which ranges do not apply.
    /// </summary>
    public WantedRange Under(RequestHeaders headers, EntityTagHeaderValue etag, long length, bool isHead)
    {
        if (headers.IfMatch.Count > 0
            && !headers.IfMatch.Any(wanted => wanted.Equals(EntityTagHeaderValue.Any) || wanted.Compare(etag, useStrongComparison: true)))
        {
            return new WantedRange(AnswerForm.Changed, 0, 0);
        }

        if (headers.IfNoneMatch.Any(known => known.Equals(EntityTagHeaderValue.Any) || known.Compare(etag, useStrongComparison: false)))
        {
            return new WantedRange(AnswerForm.NotModified, 0, 0);
        }

        var isStale = headers.IfRange is { } condition && condition.EntityTag?.Compare(etag, useStrongComparison: true) != true;
        if (isHead || isStale || headers.Range is not { Ranges: { Count: 1 } ranges } range || range.Unit != "bytes")
        {
            return this;
        }

        return Of(ranges.First(), length);
    }

    static WantedRange Of(RangeItemHeaderValue range, long length)
    {
        var from = range.From ?? Math.Max(0, length - range.To!.Value);
        var to = range.From is null ? length - 1 : Math.Min(range.To ?? long.MaxValue, length - 1);
        return from > to ? new WantedRange(AnswerForm.Unsatisfiable, 0, 0) : new WantedRange(AnswerForm.Part, from, to - from + 1);
    }
}
