using System.Text;
using Spectre.Console;

namespace P2P.Commands;

/// <summary>
/// Where a command writes. People get text; with <c>--json</c> programs get one object, or lines of objects, on standard
/// output and nothing else there. Everything shown to people is escaped here, so that no caller can forget it.
/// </summary>
public sealed class CommandOutput
{
    // Pipes have no width: a table must not be folded where grep will read it.
    const int NoWidth = 4096;

    readonly CommandHost _host;
    readonly string _program;
    readonly Lock _writing = new();

    /// <param name="host">The machine.</param>
    /// <param name="program">What failures begin with.</param>
    public CommandOutput(CommandHost host, string program, bool json, bool verbose)
    {
        _host = host;
        _program = program;
        Json = json;
        Verbose = verbose;
        Console = CreateConsole(host.Out, host.Interactive && !System.Console.IsOutputRedirected);
        ErrorConsole = CreateConsole(host.Error, host.Interactive);
    }

    /// <summary>Write objects, not text.</summary>
    public bool Json { get; }

    /// <summary>Tell details that most users need not see.</summary>
    public bool Verbose { get; }

    /// <summary>Progress may be drawn on <see cref="ErrorConsole"/>.</summary>
    public bool DrawsProgress => _host.Interactive && !Json;

    public IAnsiConsole Console { get; }

    public IAnsiConsole ErrorConsole { get; }

    /// <summary>One line for people; left out with <c>--json</c>.</summary>
    public void Line(string text)
    {
        if (!Json)
            Write(_host.Out, SafeText.Escape(text));
    }

    /// <summary>One line beside the result, on standard error; left out with <c>--json</c>.</summary>
    public void Note(string text)
    {
        if (!Json)
            Write(_host.Error, SafeText.Escape(text));
    }

    /// <summary>A note that is shown only with <c>--verbose</c>.</summary>
    public void Detail(string text)
    {
        if (Verbose)
            Write(_host.Error, SafeText.Escape(text));
    }

    /// <summary>One object on one line; left out without <c>--json</c>. Names become camelCase, what is null is left out.</summary>
    public void Object(object value)
    {
        if (Json)
            Write(_host.Out, ObjectText.Of(value));
    }

    /// <summary>The same for several that come together, each on its line.</summary>
    public void Objects(IEnumerable<object> values)
    {
        if (!Json)
            return;
        StringBuilder lines = new();
        foreach (object value in values)
            lines.AppendLine(ObjectText.Of(value));
        lock (_writing)
            _host.Out.Write(lines);
    }

    /// <summary>Why the command failed; with <c>--json</c> an object with <c>error</c>, on standard error.</summary>
    public void Failure(int exitCode, string message)
    {
        string text = Json
            ? ObjectText.Of(new { Error = new { Code = exitCode, Message = message } })
            : $"{_program}: " + string.Join(Environment.NewLine, message.Split('\n').Select(line => SafeText.Escape(line.TrimEnd('\r'))));
        Write(_host.Error, text);
    }

    /// <summary>Rows for people, aligned; left out with <c>--json</c>.</summary>
    public void Table(IReadOnlyList<Column> columns, IEnumerable<string[]> rows)
    {
        if (Json)
            return;
        Table table = new() { Border = TableBorder.None, UseSafeBorder = false };
        foreach (Column column in columns)
            table.AddColumn(new TableColumn(new Text(column.Title))
            {
                Alignment = column.Right ? Justify.Right : Justify.Left,
                NoWrap = !column.Wraps,
                Padding = new Padding(0, 0, 2, 0),
            });
        foreach (string[] row in rows)
            table.AddRow(row.Select(cell => new Text(SafeText.Escape(cell))));
        lock (_writing)
            Console.Write(table);
    }

    void Write(TextWriter writer, string line)
    {
        lock (_writing)
            writer.WriteLine(line);
    }

    static IAnsiConsole CreateConsole(TextWriter writer, bool terminal)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = terminal ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!terminal)
            console.Profile.Width = NoWidth;
        return console;
    }
}
