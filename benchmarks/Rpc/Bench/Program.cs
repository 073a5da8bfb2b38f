// One contestant a process: "serve ours|bare-unary|bare-stream|minimal" or "read ours|bare ADDRESS LENGTH COUNT [plain|in-place|whole]"
// or "time ADDRESS COUNT".
// A server says its port, and on every line of input what its collector did so far.
return args switch
{
    ["serve", var name] => await Bench.Servers.RunAsync(name),
    ["read", "ours", var address, var length, var count, var how] => await Bench.Readers.OursAsync(address, Number(length), Number(count), how == "in-place"),
    ["read", "bare", var address, var length, var count, .. var how] => await Bench.Readers.BareAsync(address, Number(length), Number(count), how is ["whole"]),
    ["time", var address, var count] => await Bench.Readers.TimeAsync(address, Number(count)),
    _ => throw new ArgumentException("serve NAME, read NAME ADDRESS LENGTH COUNT [plain|in-place], or time ADDRESS COUNT"),
};

static int Number(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
