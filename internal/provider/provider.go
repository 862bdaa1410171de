// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package provider is the provider block and the list of everything that is registered.
package provider

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi/grantset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

var _ provider.ProviderWithValidateConfig = &appaccess{}

type appaccess struct {
	version      string
	getenv       func(string) string
	retryWaitMin time.Duration
	cleanup      *Cleanup
	dial         func(ctx context.Context, network, address string) (net.Conn, error)
	transport    func(http.RoundTripper) http.RoundTripper
	authorities  string // PEM, where the configuration gives none

	// validated tells that the provider block was validated since the provider was last configured.
	validated atomic.Bool
}

// Option changes how the provider works. There is none that users of Terraform can reach: options
// are for tests, and for programs that ask the services as the provider does.
type Option func(*appaccess)

// WithRetryWait sets the wait before the first repetition of a request; each further one is twice
// as long. The default,
// 2.5 seconds, outlasts a service's one-minute window and would make tests slow.
func WithRetryWait(wait time.Duration) Option {
	return func(p *appaccess) { p.retryWaitMin = wait }
}

// WithDial opens the connections to all services.
func WithDial(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	return func(p *appaccess) { p.dial = dial }
}

// WithTransport puts something between the clients of all services and what sends their requests:
// see rest.Config.
func WithTransport(wrap func(http.RoundTripper) http.RoundTripper) Option {
	return func(p *appaccess) { p.transport = wrap }
}

// WithAuthorities gives authorities, as PEM text, that a service is trusted by whose block names
// none.
func WithAuthorities(pem string) Option {
	return func(p *appaccess) { p.authorities = pem }
}

// WithEnvironment replaces the environment that attributes of the provider block fall back to.
func WithEnvironment(getenv func(name string) string) Option {
	return func(p *appaccess) { p.getenv = getenv }
}

// New returns a function that makes the provider, as providerserver wants it. The version appears
// in the user agent.
func New(version string, options ...Option) func() provider.Provider {
	return func() provider.Provider {
		p := &appaccess{version: version, getenv: os.Getenv}
		for _, option := range options {
			option(p)
		}
		return p
	}
}

func (p *appaccess) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "appaccess"
	resp.Version = p.version
}

func (p *appaccess) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Who may use which application: access grants of Huawei Cloud Workspace, Envision EnOS and Venafi " +
			"Trust Protection Platform.",
		Blocks: map[string]schema.Block{
			huaweicloudBlock.name: huaweicloudBlock.schema(),
			enosBlock.name:        enosBlock.schema(),
			venafiBlock.name:      venafiBlock.schema(),
		},
	}
}

// model is the provider block. The services' attributes are read by resolve, which follows the
// tables of the blocks.
type model struct {
	Huaweicloud types.Object `tfsdk:"huaweicloud"`
	Enos        types.Object `tfsdk:"enos"`
	Venafi      types.Object `tfsdk:"venafi"`
}

// configuration is the provider block, resolved.
type configuration struct {
	model                     model
	huaweicloud, enos, venafi *settings
}

func (p *appaccess) resolve(ctx context.Context, config tfsdk.Config) (configuration, diag.Diagnostics) {
	var c configuration
	diags := config.Get(ctx, &c.model)
	if diags.HasError() {
		return c, diags
	}
	c.huaweicloud = resolve(huaweicloudBlock, c.model.Huaweicloud, p.getenv)
	c.enos = resolve(enosBlock, c.model.Enos, p.getenv)
	c.venafi = resolve(venafiBlock, c.model.Venafi, p.getenv)
	return c, diags
}

// ValidateConfig checks what the schema can't: attributes that contradict each other. Only what
// stands in the configuration and is known counts; what is missing is an error only when the
// service is used.
func (p *appaccess) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	p.validated.Store(true)
	c, diags := p.resolve(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	if !diags.HasError() {
		resp.Diagnostics.Append(validateLogin(c.model.Venafi, c.venafi)...)
		resp.Diagnostics.Append(validateCredentials(c.huaweicloud)...)
	}
}

// Configure prepares the connections. It makes no request, and fails for nothing that is missing or
// unknown.
func (p *appaccess) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	c, diags := p.resolve(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	for _, s := range []*settings{c.huaweicloud, c.enos, c.venafi} {
		if s.http.insecureSkipVerify {
			resp.Diagnostics.AddAttributeWarning(path.Root(s.block.name).AtName("insecure_skip_verify"),
				"TLS certificates of "+s.block.service+" are not verified",
				s.block.path("insecure_skip_verify")+" is true: whoever is on the way between here and the service can read "+
					"and change every request, the credentials among them. Set "+s.block.path("ca_certificate")+" to trust a "+
					"private authority instead.")
		}
	}

	// Each plan, and each apply, of Terraform and OpenTofu validates and configures a provider of
	// its own. Only `terraform test` configures one without validating it, for a provider block in
	// a test file (Terraform 1.13 and later), and then makes any number of plans with it: what one
	// of them claims means nothing to the next.
	onePlan := p.validated.Swap(false)
	data := &service.Data{
		Huaweicloud: connection(c.huaweicloud, p.huaweicloudConfig, huaweicloud.New),
		Enos:        connection(c.enos, p.enosConfig, enos.New),
		Venafi:      connection(c.venafi, p.venafiConfig, p.openVenafi),
		EnosOrgID:   orgID(c.model.Enos, c.enos),

		HuaweicloudCounts: counting(c.model.Huaweicloud, onePlan),
	}
	data.VenafiRoles = service.NewConnection(func(ctx context.Context) (*grantset.Run, diag.Diagnostics) {
		client, diags := data.Venafi.Client(ctx)
		if diags.HasError() {
			return nil, diags
		}
		return grantset.New(client, !onePlan), diags
	})
	if onePlan {
		data.HuaweicloudClaims = &service.Claims[huaweicloud.Handle]{}
		data.EnosClaims = &service.Claims[string]{}
		data.VenafiClaims = &service.Claims[string]{}
		data.HuaweicloudTally = &service.Tally{Limit: c.huaweicloud.http.maxRevocations}
		data.EnosTally = &service.Tally{Limit: c.enos.http.maxRevocations}
		data.VenafiTally = &service.Tally{Limit: c.venafi.http.maxRevocations}
		data.VenafiIssuers, data.VenafiApplications, data.VenafiMappings = &service.Agreement{}, &service.Agreement{}, &service.Agreement{}
		data.EnosReservations = &service.Reservations{}
		data.HuaweicloudReservations = &authset.Reservations{}
	}
	resp.ResourceData = data
	resp.DataSourceData = data
	resp.ListResourceData = data
	resp.EphemeralResourceData = data
}

// connection is opened with the settings when the service is first used, if they are known by then.
// config makes the client's configuration of them, or says what is missing.
func connection[C, K any](s *settings, config func(context.Context, *settings) (K, diag.Diagnostics), open func(K) (C, error)) *service.Connection[C] {
	if len(s.unknown) > 0 {
		return service.NewUnknownConnection[C](s.block.service, s.unknown)
	}
	return service.NewConnection(func(ctx context.Context) (client C, diags diag.Diagnostics) {
		if diags = s.checkTexts(); diags.HasError() {
			return client, diags
		}
		c, diags := config(ctx, s)
		if diags.HasError() {
			return client, diags
		}
		client, err := open(c)
		if err != nil {
			return client, s.failed(err)
		}
		return client, nil
	})
}

// orgID is the default organization: unknown, null, or what is set.
func orgID(object types.Object, s *settings) types.String {
	explicit, _ := object.Attributes()["org_id"].(types.String)
	switch {
	case object.IsUnknown(), explicit.IsUnknown():
		return types.StringUnknown()
	case s.has("org_id"):
		return types.StringValue(s.get("org_id"))
	}
	return types.StringNull()
}

// rest is what the clients of all services have in common.
func (p *appaccess) rest(s *settings) rest.Config {
	return rest.Config{
		UserAgent:          "terraform-provider-appaccess/" + p.version,
		CACertificate:      cmp.Or(s.http.caCertificate, p.authorities),
		InsecureSkipVerify: s.http.insecureSkipVerify,
		RequestTimeout:     s.http.requestTimeout,
		MaxRetries:         s.http.maxRetries,
		RetryWaitMin:       p.retryWaitMin,
		Quota:              s.http.quota,
		MaxConcurrent:      s.http.maxConcurrent,
		Secrets:            s.secrets(),
		Dial:               p.dial,
		Transport:          p.transport,
		Logger:             apiLogger{secrets: s.secrets()},
	}
}
