namespace P2P.Peers.Lines;

/// <summary>The ways into and out of a daemon beside dialling and being dialled.</summary>
/// <param name="Carried">Connections that this peer serves though nobody dialled it.</param>
/// <param name="DialIns">Connections in which it is the client though it was dialled.</param>
sealed record SideDoors(CarriedConnections Carried, DialIns DialIns)
{
    public static SideDoors Create(TimeProvider time) => new(new CarriedConnections(), new DialIns(time));
}
