namespace P2P.Server.Catalogs;

/// <summary>
/// Says when segments become one. Small ones do as soon as they are not half as long as those before them; larger ones in fours, because
/// each merge copies its files and has their names indexed anew, while a segment more costs a read next to nothing.
/// </summary>
static class SegmentTiers
{
    /// <summary>Files up to which segments are small: about what one batch brings.</summary>
    const int Small = 1024;

    /// <summary>So many segments of one tier make one of the next.</summary>
    const int Growth = 4;

    /// <param name="files">How many files segments have that are alive, oldest segment first.</param>
    /// <returns>The first of those at the end that are to become one; the last one if there is nothing to be done.</returns>
    public static int FirstToMerge(IReadOnlyList<int> files)
    {
        var first = files.Count - 1;
        long sum = files.Count > 0 ? files[^1] : 0;
        while (first > 0)
        {
            var next = first;
            if (files[first - 1] < 2 * sum && files[first - 1] + sum <= Small)
            {
                next = first - 1;
            }
            else if (sum > Small / 2)
            {
                for (; next > 0 && Tier(files[next - 1]) <= Tier(sum); next--)
                {
                }

                next = first - next + 1 >= Growth ? next : first;
            }

            if (next == first)
            {
                break;
            }

            for (; first > next; first--)
            {
                sum += files[first - 1];
            }
        }

        return first;
    }

    /// <summary>The lowest tier has all segments that are not twice as long as small ones; each above has four times as long ones as the one below.</summary>
    static int Tier(long files)
    {
        var tier = 0;
        for (long limit = Small * 2; files >= limit; limit *= Growth)
        {
            tier++;
        }

        return tier;
    }
}
