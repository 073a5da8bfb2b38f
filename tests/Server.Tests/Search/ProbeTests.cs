using FsCheck;
using FsCheck.Fluent;
using P2P.Server.Search;

namespace P2P.Server.Tests.Search;

public sealed class ProbeTests
{
    /// <summary>Against looking at every place: texts of several vectors, probes of every length, and what has to stand behind them.</summary>
    [Fact]
    public void Next_AnyText_IsTheFirstPlaceWithEnoughBehindIt()
    {
        var letters = Gen.Frequency((6, Gen.Constant((byte)'a')), (3, Gen.Constant((byte)'b')), (1, Gen.Constant((byte)'\n')));
        var cases = from text in Gen.ArrayOf(letters, 200)
                    from length in Gen.Choose(0, 7)
                    from behind in Gen.Choose(0, 4)
                    from place in Gen.Choose(0, 190)
                    from start in Gen.Choose(0, 200)
                    select (Text: (byte[])[(byte)'\n', .. text, (byte)'\n'], Probe: new Probe(text[place..(place + length)], behind), Start: start);
        Prop.ForAll(cases.ToArbitrary(), each => each.Probe.Next(each.Text, each.Start) == First(each.Text, each.Probe, each.Start))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    static int First(byte[] text, Probe probe, int start)
    {
        for (var at = start; at + probe.Text.Length <= text.Length; at++)
        {
            var behind = text[(at + probe.Text.Length)..];
            if (text.AsSpan(at).StartsWith(probe.Text) && (probe.Behind == 0 || Array.IndexOf(behind, (byte)'\n') >= probe.Behind))
            {
                return at;
            }
        }

        return -1;
    }
}
