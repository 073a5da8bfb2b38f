using System.Diagnostics;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using P2P.Toolbox;

namespace Grpc.Tests.Transcoding;

/// <summary>
/// Python's protobuf library in one process for all messages of one type. A line in is an order, a line out its answer:
/// <c>format BASE64</c> gives the JSON of a message; <c>check JSON</c>, once for each message and in their order, says <c>same</c> or what differs.
/// </summary>
sealed class PythonJson : IDisposable
{
    readonly Process _process;
    readonly string _files;

    PythonJson(Process process, string files) => (_process, _files) = (process, files);

    public static async Task<PythonJson> StartAsync(MessageDescriptor type, CancellationToken cancellationToken)
    {
        var program = ForeignTool.Python("apt-get install python3-protobuf", "google.protobuf");
        var set = new FileDescriptorSet();
        Collect(type.File, set);
        var files = Path.GetTempFileName();
        await File.WriteAllBytesAsync(files, set.ToByteArray(), cancellationToken);
        var start = new ProcessStartInfo(program, ["-c", Script, files, type.FullName]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["PYTHONIOENCODING"] = "utf-8";
        return new PythonJson(Process.Start(start)!, files);
    }

    public async Task<List<string>> FormatAsync(IEnumerable<IMessage> messages, CancellationToken cancellationToken) =>
        await AskAsync(messages.Select(message => "format " + message.ToByteString().ToBase64()).ToList(), cancellationToken);

    /// <param name="texts">Of the messages last formatted, in their order.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<List<string>> CheckAsync(IEnumerable<string> texts, CancellationToken cancellationToken) =>
        await AskAsync(texts.Select(text => "check " + text).ToList(), cancellationToken);

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        File.Delete(_files);
    }

    // Both at once: the pipes hold less than all orders and answers.
    async Task<List<string>> AskAsync(List<string> orders, CancellationToken cancellationToken)
    {
        var asking = WriteAsync(orders, cancellationToken);
        var answers = new List<string>(orders.Count);
        while (answers.Count < orders.Count && await _process.StandardOutput.ReadLineAsync(cancellationToken) is { } answer)
        {
            answers.Add(answer);
        }
        await asking;
        Assert.Equal(orders.Count, answers.Count);
        return answers;
    }

    async Task WriteAsync(List<string> orders, CancellationToken cancellationToken)
    {
        foreach (var order in orders)
        {
            await _process.StandardInput.WriteAsync((order + "\n").AsMemory(), cancellationToken);
        }
        await _process.StandardInput.FlushAsync(cancellationToken);
    }

    static void Collect(FileDescriptor file, FileDescriptorSet files)
    {
        foreach (var dependency in file.Dependencies)
        {
            Collect(dependency, files);
        }
        if (files.File.All(known => known.Name != file.Name))
        {
            files.File.Add(FileDescriptorProto.Parser.ParseFrom(file.SerializedData));
        }
    }

    // The texts are compared too, as JSON: a reader may forgive what a writer must not do.
    const string Script = """
        import base64, collections, json, struct, sys
        from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
        pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(open(sys.argv[1], 'rb').read()).file:
            pool.Add(file)
        Message = message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName(sys.argv[2]))
        def number(text):
            # Of the smallest floats Python writes more digits than there are.
            value = float(text)
            return value if abs(value) > 1e-37 else struct.unpack('f', struct.pack('f', value))[0]
        sys.stdin.reconfigure(encoding='utf-8', newline='\n')
        waiting = collections.deque()
        for line in sys.stdin:
            order, text = line.rstrip('\n').split(' ', 1)
            if order == 'format':
                message = Message.FromString(base64.b64decode(text))
                waiting.append((message, json_format.MessageToJson(message, indent=None, descriptor_pool=pool)))
                print(waiting[-1][1], flush=True)
                continue
            message, own = waiting.popleft()
            try:
                read = json_format.Parse(text, Message(), descriptor_pool=pool)
                ours, theirs = json.loads(text, parse_float=number), json.loads(own, parse_float=number)
                print('another message' if read != message else 'same' if ours == theirs
                    else str([(name, ours.get(name), theirs.get(name)) for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)]), flush=True)
            except json_format.ParseError as error:
                print(f'{text} is refused: {error}'.replace('\n', ' '), flush=True)
        """;
}
