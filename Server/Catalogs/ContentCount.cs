using P2P.Content;

namespace P2P.Server.Catalogs;

/// <summary>
/// How many distinct contents there are. Up to a bound they are all counted; beyond it only those whose hash ends in enough zeros, and
/// the others are taken to be as many for each of them: memory stays small, and files may go again.
/// </summary>
sealed class ContentCount(int most = 1 << 16)
{
    readonly Lock _lock = new();
    readonly Dictionary<ContentId, int> _files = [];
    volatile int _zeros;

    public long Value
    {
        get
        {
            lock (_lock)
            {
                return (long)_files.Count << _zeros;
            }
        }
    }

    public void Add(in ContentId content)
    {
        if (!IsCounted(content))
        {
            return;
        }

        lock (_lock)
        {
            // Between the two looks the bound may have been reached.
            if (!IsCounted(content))
            {
                return;
            }

            _files[content] = _files.GetValueOrDefault(content) + 1;
            while (_files.Count > most)
            {
                _zeros++;
                foreach (var other in _files.Keys.Where(other => !IsCounted(other)).ToList())
                {
                    _files.Remove(other);
                }
            }
        }
    }

    public void Add(IEnumerable<ContentId> contents)
    {
        foreach (var content in contents)
        {
            Add(content);
        }
    }

    public void Remove(in ContentId content)
    {
        if (!IsCounted(content))
        {
            return;
        }

        lock (_lock)
        {
            if (_files.TryGetValue(content, out var files))
            {
                _files[content] = files - 1;
                if (files == 1)
                {
                    _files.Remove(content);
                }
            }
        }
    }

    bool IsCounted(in ContentId content) => (content.GetHashCode() & ((1 << _zeros) - 1)) == 0;
}
