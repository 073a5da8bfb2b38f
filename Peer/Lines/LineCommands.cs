using System.Threading.Channels;
using P2P.Contracts.DirectoryV1;
using P2P.Peers.Serving;

namespace P2P.Peers.Lines;

/// <summary>Does what comes over the line, without holding the line up.</summary>
/// <param name="fetches">What the directory has this peer fetch.</param>
/// <param name="outreach">How it reaches out to downloaders.</param>
/// <param name="grants">Who may fetch from it.</param>
sealed class LineCommands(RemoteFetches fetches, Outreach outreach, GrantBook grants)
{
    public ControlHello Hello => new() { AcceptsFetch = fetches.Accepts };

    /// <param name="command">From the directory.</param>
    /// <param name="answers">What is to be sent back.</param>
    /// <param name="line">Cancelled when the line is over.</param>
    public void Take(ControlResponse command, ChannelWriter<ControlRequest> answers, CancellationToken line)
    {
        switch (command.MessageCase)
        {
            case ControlResponse.MessageOneofCase.Fetch when command.Fetch.Request is not null:
                fetches.Start(command.Fetch, answers, line);
                break;
            case ControlResponse.MessageOneofCase.Cancel:
                fetches.Cancel(command.Cancel.Id);
                break;
            case ControlResponse.MessageOneofCase.Relay:
                outreach.Relay(command.Relay, answers);
                break;
            case ControlResponse.MessageOneofCase.Dial:
                outreach.Dial(command.Dial, answers);
                break;
            case ControlResponse.MessageOneofCase.Revoke:
                grants.Revoke(command.Revoke.PeerId);
                break;
            default:
                // A ping's answer, or what a newer directory knows.
                break;
        }
    }
}
