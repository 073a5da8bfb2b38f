using System.Net;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Grpc.Tests.Transcoding;

/// <summary>The library over real HTTP, beside a page that is no API.</summary>
sealed class LibraryHost : IAsyncDisposable
{
    readonly WebApplication _app;

    LibraryHost(WebApplication app, HttpProtocols protocol)
    {
        _app = app;
        Address = new Uri(app.Urls.Single());
        Client = new HttpClient { BaseAddress = Address, DefaultRequestVersion = protocol == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
    }

    public HttpClient Client { get; }

    public Uri Address { get; }

    public LibraryProbe Probe => _app.Services.GetRequiredService<LibraryProbe>();

    public FakeTimeProvider Time => (FakeTimeProvider)_app.Services.GetRequiredService<TimeProvider>();

    public IServiceProvider Services => _app.Services;

    public static async Task<LibraryHost> StartAsync(
        Action<GrpcJsonTranscodingOptions>? json = null, Action<GrpcServiceOptions>? grpc = null, bool cors = false, HttpProtocols protocol = HttpProtocols.Http1,
        Action<KestrelServerLimits>? limits = null, Action<WebApplication>? before = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            limits?.Invoke(kestrel.Limits);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocol);
        });
        builder.Services.AddSingleton<TimeProvider>(new FakeTimeProvider());
        builder.Services.AddSingleton<LibraryProbe>();
        builder.Services.AddGrpc(grpc ?? (_ => { })).AddJsonTranscoding(json ?? Strict);
        builder.Services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, NameAuthentication>("test", null);
        builder.Services.AddAuthorization();
        builder.Services.AddCors(options =>
        {
            options.AddDefaultPolicy(policy => policy.WithOrigins("http://good").WithMethods("POST"));
            options.AddPolicy("books", policy => policy.WithOrigins("http://books"));
        });
        var app = builder.Build();
        before?.Invoke(app);
        if (cors)
        {
            app.UseCors();
        }
        app.UseAuthentication();
        app.UseAuthorization();
        _ = cors ? app.MapGrpcService<CorsLibraryService>() : app.MapGrpcService<LibraryService>();
        app.MapGet("/page", () => "page");
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new LibraryHost(app, protocol);
    }

    public static void Strict(GrpcJsonTranscodingOptions options)
    {
        options.RejectUnknownFields = true;
        options.RejectUnknownQueryParameters = true;
        options.JsonSettings.WriteInt64sAsStrings = true;
        options.JsonSettings.IgnoreDefaultValues = true;
    }

    /// <summary>Sends a request and reads the whole answer. A body goes as application/json unless a type is given; "" for none.</summary>
    public async Task<Answer> SendAsync(string method, string path, string? body = null, string type = "application/json", params (string, string)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Address + path.TrimStart('/')));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            if (type.Length > 0)
            {
                request.Content.Headers.TryAddWithoutValidation("content-type", type);
            }
        }
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var all = response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new Answer((int)response.StatusCode, text, all);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }

    // "Authorization: NAME" is all it takes; one that it cannot bear is "broken".
    sealed class NameAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(
            Request.Headers.Authorization == "broken" ? throw new InvalidTimeZoneException("secret detail")
            : Request.Headers.Authorization is { Count: 1 } name
                ? AuthenticateResult.Success(new(new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, name!)], "test")), "test"))
                : AuthenticateResult.NoResult());
    }
}

sealed record Answer(int Status, string Text, Dictionary<string, string> Headers)
{
    public string? Type => Headers.GetValueOrDefault("content-type");
}
