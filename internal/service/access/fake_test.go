// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package access_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// clubs is a service in memory: who is a member of which club.
type clubs struct {
	mu      sync.Mutex
	place   string
	members map[string][]string
	refuses map[string]bool // members whom the service refuses
	deaf    bool            // nothing can be revoked
	hangs   bool            // no apply is answered
	sent    int
}

var errRefused = errors.New("the service refuses a member")

func (c *clubs) set(club string, members ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.Sort(members)
	c.members[club] = members
}

func (c *clubs) of(club string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.members[club])
}

// club is the exclusive set of the members of a club.
type club struct {
	name    string
	members []string
	visits  int // remembered in the private state
}

func minus(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(m string) bool { return slices.Contains(b, m) })
}

func loss(members []string) access.Loss {
	return access.Loss{Count: len(members), Names: fmt.Sprintf("  - %v", members)}
}

func (c *clubs) Place(context.Context) (string, error) { return c.place, nil }

func (c *clubs) Identity(_ context.Context, s club) (any, error) {
	return struct {
		Name types.String `tfsdk:"name"`
	}{types.StringValue(s.name)}, nil
}

func (c *clubs) Read(ctx context.Context, prior club) (club, bool, error) {
	if err := ctx.Err(); err != nil {
		return prior, false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	members, found := c.members[prior.name]
	return club{prior.name, slices.Clone(members), prior.visits + 1}, found, nil
}

func (c *clubs) Import(ctx context.Context, named club) (club, error) {
	now, found, err := c.Read(ctx, named)
	if err == nil && !found {
		err = errors.New("no such club")
	}
	return now, err
}

func (c *clubs) Diff(_ context.Context, order access.Order[club]) (access.Change, error) {
	return c.diff(order), nil
}

func (c *clubs) diff(order access.Order[club]) access.Change {
	if order.Wanted == nil {
		return access.Change{Target: "club " + order.Prior.name, At: path.Root("members"), Revoked: loss(order.Prior.members)}
	}
	change := access.Change{Target: "club " + order.Wanted.name, At: path.Root("members"), ImportID: order.Wanted.name}
	if order.Prior == nil {
		change.Unlisted = loss(minus(c.of(order.Wanted.name), order.Wanted.members))
		return change
	}
	change.Revoked = loss(minus(order.Prior.members, order.Wanted.members))
	return change
}

func (c *clubs) Apply(ctx context.Context, order access.Order[club]) (out access.Outcome[club], err error) {
	set, wanted := order.Prior, []string{}
	if order.Wanted != nil {
		set, wanted = order.Wanted, order.Wanted.members
	}
	if err := order.Approve(c.diff(order)); err != nil {
		return out, err
	}
	if c.hangs {
		<-ctx.Done()
		return out, ctx.Err()
	}
	return c.apply(order, *set, wanted)
}

func (c *clubs) apply(order access.Order[club], set club, wanted []string) (out access.Outcome[club], err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out.Touched, out.Target = true, "club "+set.name
	now := c.members[set.name]
	var prior []string
	if order.Prior != nil {
		prior = order.Prior.members
		out.Appeared = loss(minus(minus(now, prior), wanted))
		if order.Verb == "undo" {
			out.Appeared = access.Loss{}
		}
		lost := minus(prior, wanted)
		if c.deaf && len(lost) > 0 {
			err = errors.New("nobody listens")
		} else {
			now = minus(now, lost)
		}
	}
	var granted []string
	for _, m := range minus(wanted, now) {
		if c.refuses[m] {
			err = errRefused
			continue
		}
		granted = append(granted, m)
	}
	now = append(now, granted...)
	slices.Sort(now)
	c.members[set.name], c.sent = now, c.sent+1
	out.Now = club{name: set.name, members: minus(now, minus(minus(now, prior), wanted)), visits: set.visits}
	if order.Verb == "create" && err != nil {
		out.Undo = &club{name: set.name, members: granted}
	}
	out.Gone = order.Wanted == nil && len(out.Now.members) == 0
	return out, err
}

func (c *clubs) Explain(verb string, set club, err error) diag.Diagnostics {
	return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to "+verb+" the club", fmt.Sprintf("The club %s: %v", set.name, err))}
}

type clubModel struct {
	Name           types.String   `tfsdk:"name"`
	Members        types.Set      `tfsdk:"members"`
	MaxRevocations types.Int64    `tfsdk:"max_revocations"`
	OnDestroy      types.String   `tfsdk:"on_destroy"`
	Timeouts       timeouts.Value `tfsdk:"timeouts"`
}

func (m *clubModel) Known() bool { return !m.Name.IsUnknown() && !m.Members.IsUnknown() }

func (m *clubModel) Set() club {
	s := club{name: m.Name.ValueString()}
	for _, v := range m.Members.Elements() {
		text, _ := v.(types.String)
		s.members = append(s.members, text.ValueString())
	}
	slices.Sort(s.members)
	return s
}

func (m *clubModel) Track(now club) bool {
	values := make([]attr.Value, len(now.members))
	for i, member := range now.members {
		values[i] = types.StringValue(member)
	}
	before := m.Members
	m.Members = types.SetValueMust(types.StringType, values)
	return !m.Members.Equal(before)
}

func (m *clubModel) SameTarget(other *clubModel) bool { return m.Name.Equal(other.Name) }

func (m *clubModel) Options() access.Options {
	return access.Options{OnDestroy: m.OnDestroy, MaxRevocations: m.MaxRevocations, Timeouts: m.Timeouts}
}

type clubResource struct {
	access.Resource[clubModel, *clubModel, club]
}

func (r *clubResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		Attributes: map[string]schema.Attribute{
			"name":            schema.StringAttribute{Required: true, PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()}},
			"members":         schema.SetAttribute{Required: true, ElementType: types.StringType},
			"max_revocations": schema.Int64Attribute{Optional: true},
			"on_destroy":      schema.StringAttribute{Optional: true},
		},
		Blocks: service.Timeouts(ctx, timeouts.Opts{Create: true, Read: true, Update: true, Delete: true}),
	}
}

func (r *clubResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{"name": identityschema.StringAttribute{RequiredForImport: true}}}
}

func (r *clubResource) MoveState(ctx context.Context) []resource.StateMover {
	var s resource.SchemaResponse
	r.Schema(ctx, resource.SchemaRequest{}, &s)
	return []resource.StateMover{r.FromSibling(s.Schema)}
}

// world is the service, and Terraform with a provider of it.
type world struct {
	*clubs
	tf    *core.Terraform
	limit *int64
	t     *testing.T
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clubs: &clubs{place: "house 1", members: map[string][]string{}, refuses: map[string]bool{}}}
	w.tf = &core.Terraform{Provider: map[string]any{}, State: core.State{}, Server: func() tfprotov6.ProviderServer {
		return providerserver.NewProtocol6(&clubProvider{w})()
	}}
	return w
}

type clubProvider struct{ *world }

func (p *clubProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "appaccess"
}
func (p *clubProvider) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}
func (p *clubProvider) DataSources(context.Context) []func() datasource.DataSource               { return nil }
func (p *clubProvider) Configure(_ context.Context, _ provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	resp.ResourceData = &service.Data{EnosTally: &service.Tally{Limit: p.limit}}
}

func (p *clubProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return p.resource("_club", "_society") }, func() resource.Resource { return p.resource("_society", "_club") }}
}

func (p *clubProvider) resource(name, sibling string) resource.Resource {
	return &clubResource{access.New[clubModel, *clubModel](access.Definition[clubModel, club]{
		Type: name, Sibling: sibling, ServiceName: "Clubs", Noun: "member", Title: "the club", ImportForm: "name",
		ReadTimeout: time.Minute, WriteTimeout: time.Minute,
		Known:   func(*service.Data) bool { return true },
		Connect: func(context.Context, *service.Data) (access.Service[club], diag.Diagnostics) { return p.clubs, nil },
		Tally:   func(data *service.Data) *service.Tally { return data.EnosTally },
		Named: func(_ context.Context, _ *service.Data, req resource.ImportStateRequest) (clubModel, diag.Diagnostics) {
			duration := map[string]attr.Type{"create": types.StringType, "read": types.StringType, "update": types.StringType, "delete": types.StringType}
			return clubModel{Name: types.StringValue(req.ID), Members: types.SetNull(types.StringType), Timeouts: timeouts.Value{Object: types.ObjectNull(duration)}}, nil
		},
		ImportID: func(s club) string { return s.name },
		Held:     func(s club) access.Loss { return loss(s.members) },
		Memory:   func(s *club) any { return &s.visits },
	})}
}

// declared is the configuration of a club.
func declared(name string, members []string, more ...map[string]any) []core.Resource {
	attributes := map[string]any{"name": name, "members": anySlice(members)}
	for _, m := range more {
		maps.Copy(attributes, m)
	}
	return []core.Resource{{Address: core.Address{Type: "appaccess_club", Name: "test"}, Attributes: attributes}}
}

func anySlice(texts []string) []any {
	values := make([]any, len(texts))
	for i, text := range texts {
		values[i] = text
	}
	return values
}
