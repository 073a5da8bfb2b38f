using System.ComponentModel.DataAnnotations;

namespace P2P.Server.Search;

/// <summary>What one search may cost.</summary>
sealed class SearchLimits
{
    /// <summary>Files that fit, at most; when there are more, those with the best kinds of match are taken first. Default 5,000.</summary>
    [Range(1, 10_000_000)]
    public int Candidates { get; set; } = 5_000;

    /// <summary>
    /// Files up to which a search goes on, once its page is certain, only to count the hits of worse kinds; beyond, the total count is
    /// a lower bound. It is the budget of a text of one or two letters too. Default 300.
    /// </summary>
    [Range(1, 10_000_000)]
    public int Counted { get; set; } = 300;

    /// <summary>
    /// Names that have what is searched for first, and blocks of 32 names, that are looked at, at most, whether they fit or not: what hardly rules
    /// a name out, as <c>*html*.html</c>, costs no more than other queries. Default 20,000.
    /// </summary>
    [Range(1, 1_000_000_000)]
    public int Looks { get; set; } = 20_000;

    /// <summary>Time, in milliseconds; the answer is then what was found so far. Default 100.</summary>
    [Range(1, 60_000)]
    public int Milliseconds { get; set; } = 100;
}
