using P2P.Peers.CommandLine;

return await PeerProgram.RunAsync(args, CommandHost.OfThisProcess(), CancellationToken.None);
