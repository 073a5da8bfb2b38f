using Google.Protobuf;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Catalogs;
using P2P.Server.Store;

namespace P2P.Server.Operating;

/// <summary>Lists for operators, page by page.</summary>
sealed class OperatorListings(AccountTable accounts, BlockTable blocks, AuditLog audit, PageTokens tokens)
{
    const int DefaultSize = 100;

    /// <summary>By name.</summary>
    public (IReadOnlyList<AccountSaved> Page, string Next) Accounts(ListAccountsRequest request) => Cut(
        new ListAccountsRequest(), request.PageToken, request.PageSize, reader => reader.ReadString(),
        (after, count) => accounts.After(after ?? "", count),
        (writer, last) => writer.Write(last.User));

    /// <summary>Newest first.</summary>
    public (IReadOnlyList<BlockSaved> Page, string Next) Blocks(ListBlocksRequest request) => Cut(
        new ListBlocksRequest(), request.PageToken, request.PageSize,
        reader => new Place(new BlockOrder(reader.ReadInt64(), reader.ReadBoolean(), reader.ReadString())),
        (after, count) => blocks.Page(after?.Order, count),
        (writer, last) =>
        {
            var order = BlockOrder.Of(last);
            writer.Write(order.Time);
            writer.Write(order.IsRoot);
            writer.Write(order.Target);
        });

    /// <summary>Newest first.</summary>
    public (IReadOnlyList<AuditSaved> Page, string Next) Audit(ListAuditEventsRequest request) => Cut(
        new ListAuditEventsRequest(), request.PageToken, request.PageSize, reader => reader.ReadString(),
        audit.Page,
        (writer, last) => writer.Write(last.Id));

    (IReadOnlyList<T> Page, string Next) Cut<T, TPlace>(
        IMessage query, string token, int asked, Func<BinaryReader, TPlace> read, Func<TPlace?, int, IReadOnlyList<T>> list, Action<BinaryWriter, T> write)
        where TPlace : class
    {
        var after = token.Length == 0 ? null : Cursor.Read(tokens.OpenOrRefuse(query, token), read);
        var size = asked == 0 ? DefaultSize : asked;
        var page = list(after, size + 1);
        return page.Count <= size
            ? (page, "")
            : ([.. page.Take(size)], tokens.Seal(query, Cursor.Write(writer => write(writer, page[size - 1]))));
    }

    sealed record Place(BlockOrder Order);
}
