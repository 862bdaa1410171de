// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package core plays Terraform's side of the plugin protocol, in this process and without a
// configuration language: it plans, applies and refreshes resources with the values, the order of
// calls and the checks of Terraform's own core (packages terraform and plans/objchange of
// Terraform), so that a test can afford a thousand runs.
//
// A run of Terraform walks its graph several times, and each walk has a provider process of its
// own. So has each Plan and each Apply here.
package core

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Address names a resource.
type Address struct{ Type, Name string }

// String is the address as Terraform writes it.
func (a Address) String() string { return a.Type + "." + a.Name }

// Resource is a resource of the configuration.
type Resource struct {
	Address
	// Attributes are the arguments as JSON would hold them: nil, string, bool, float64, int, slices
	// and maps.
	Attributes map[string]any
	// Unknown are arguments that are known only when the plan is applied.
	Unknown []string
}

// Object is a resource in the state.
type Object struct {
	Value    tftypes.Value
	Private  []byte
	Identity *tfprotov6.ResourceIdentityData
	Tainted  bool
}

// State is what Terraform remembers.
type State map[Address]*Object

// Clone returns a state that may be changed. Objects are never changed in place.
func (s State) Clone() State { return maps.Clone(s) }

// Diagnostic is a warning or an error about a resource.
type Diagnostic struct {
	Address         Address
	Summary, Detail string
	// At is the attribute that it points at, nil for none.
	At *tftypes.AttributePath
}

// Diagnostics are the errors and the warnings of a walk, in no order.
type Diagnostics struct {
	Errors, Warnings []Diagnostic
	// Began are the resources whose change has reached the provider in an apply, in that order.
	Began []Address
}

// Err returns the errors as one, nil when there is none.
func (d *Diagnostics) Err() error {
	texts := make([]string, len(d.Errors))
	for i, e := range d.Errors {
		texts[i] = fmt.Sprintf("%s: %s: %s", e.Address, e.Summary, e.Detail)
	}
	if len(texts) == 0 {
		return nil
	}
	slices.Sort(texts)
	return errors.New(strings.Join(texts, "\n"))
}

// Bug is a diagnostic that blames the provider: it broke a rule of the protocol.
const Bug = "The provider broke a rule of the protocol"

// Bugs returns the errors that blame the provider.
func (d *Diagnostics) Bugs() []Diagnostic {
	var bugs []Diagnostic
	for _, e := range d.Errors {
		// The second is the framework's, the third what it says of a response that it can't use.
		if e.Summary == Bug || strings.Contains(e.Detail, "report the following to the provider developer") ||
			strings.Contains(e.Detail, "This is always an issue in the") || strings.Contains(e.Detail, "This is always an error in the provider") {
			bugs = append(bugs, e)
		}
	}
	return bugs
}

// Terraform is one working directory.
type Terraform struct {
	// Server starts a provider process.
	Server func() tfprotov6.ProviderServer
	// Provider is the provider block, as JSON would hold it.
	Provider map[string]any
	// Parallelism is Terraform's option of that name; 0 is 10.
	Parallelism int
	// OrphansFirst plans the end of what is no longer configured before it is refreshed, from what
	// the state says, as Terraform 1.11 does. Later ones refresh first.
	OrphansFirst bool
	// SkipRefresh plans from the state as it is, as -refresh=false does; Replace are the resources
	// of -replace.
	SkipRefresh bool
	Replace     map[Address]bool
	// State is what is remembered. Plan leaves it as it is.
	State State

	schemas    *tfprotov6.GetProviderSchemaResponse
	identities map[string]tftypes.Type
	emptyBlock *tfprotov6.DynamicValue
	validated  tftypes.Value // the provider block in which the provider found nothing wrong
	running    struct {
		sync.Mutex
		process *Process
	}
}

// ConfigurationError tells that the provider refuses its configuration.
type ConfigurationError struct{ Diagnostics }

func (e *ConfigurationError) Error() string { return e.Err().Error() }

// Process is one provider process, and the walk that uses it.
type Process struct {
	tf     *Terraform
	server tfprotov6.ProviderServer
	killed chan struct{}

	mu      sync.Mutex
	stopped bool
	diags   Diagnostics
}

// errKilled is what becomes of calls of a provider that was killed.
var errKilled = errors.New("the provider process has ended")

// Start starts and configures a provider process.
func (t *Terraform) Start(ctx context.Context) (*Process, error) {
	p := &Process{tf: t, server: t.Server(), killed: make(chan struct{})}
	if t.schemas == nil {
		schemas, err := p.server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
		if err != nil {
			return nil, err
		}
		p.report(Address{}, schemas.Diagnostics)
		if p.failed() {
			return nil, p.diags.Err()
		}
		identities, err := p.server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
		if err != nil {
			return nil, err
		}
		t.schemas, t.identities = schemas, map[string]tftypes.Type{}
		empty, err := fromJSON(map[string]any{}, schemas.Provider.ValueType())
		if err != nil {
			return nil, err
		}
		t.emptyBlock = dynamic(empty)
		for name, identity := range identities.IdentitySchemas {
			attributes := map[string]tftypes.Type{}
			for _, a := range identity.IdentityAttributes {
				attributes[a.Name] = a.Type
			}
			t.identities[name] = tftypes.Object{AttributeTypes: attributes}
		}
	}
	config, err := fromJSON(t.Provider, t.schemas.Provider.ValueType())
	if err != nil {
		return nil, fmt.Errorf("the provider block: %w", err)
	}
	block := dynamic(config)
	// A Terraform validates the whole block in every process. Here a block in which nothing was
	// found wrong is validated once, and an empty one after that: only for speed, as it is a
	// quarter of what a small run costs. The call itself stays, since the provider tells a run of
	// its own by it.
	validate := block
	if t.validated.Equal(config) {
		validate = t.emptyBlock
	}
	validated, err := p.server.ValidateProviderConfig(ctx, &tfprotov6.ValidateProviderConfigRequest{Config: validate})
	if err != nil {
		return nil, err
	}
	if p.report(Address{}, validated.Diagnostics); len(validated.Diagnostics) == 0 {
		t.validated = config
	}
	configured, err := p.server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: block, TerraformVersion: "1.14.0"})
	if err != nil {
		return nil, err
	}
	p.report(Address{}, configured.Diagnostics)
	if p.failed() {
		return nil, &ConfigurationError{p.diags}
	}
	t.running.Lock()
	defer t.running.Unlock()
	t.running.process = p
	return p, nil
}

func (t *Terraform) end() {
	t.running.Lock()
	defer t.running.Unlock()
	t.running.process = nil
}

// Interrupt does what the first SIGINT does: the provider is told to stop, and nothing new begins.
func (t *Terraform) Interrupt() {
	t.running.Lock()
	p := t.running.process
	t.running.Unlock()
	if p == nil {
		return
	}
	p.mu.Lock()
	p.stopped = true
	p.mu.Unlock()
	_, _ = p.server.StopProvider(context.Background(), &tfprotov6.StopProviderRequest{})
}

// Kill ends the provider process at once: Terraform never hears what became of the calls under way.
// What the provider goes on sending all the same is for the caller to stop.
func (t *Terraform) Kill() {
	t.running.Lock()
	defer t.running.Unlock()
	if p := t.running.process; p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.stopped {
			p.stopped = true
			close(p.killed)
		}
	}
}

func (p *Process) isStopped() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stopped
}

func (p *Process) failed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.diags.Errors) > 0
}

// report files diagnostics, and tells whether there was an error among them.
func (p *Process) report(a Address, diags []*tfprotov6.Diagnostic) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	failed := false
	for _, d := range diags {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			failed = true
			p.diags.Errors = append(p.diags.Errors, Diagnostic{a, d.Summary, d.Detail, d.Attribute})
		} else {
			p.diags.Warnings = append(p.diags.Warnings, Diagnostic{a, d.Summary, d.Detail, d.Attribute})
		}
	}
	return failed
}

// reportErrors files errors alone: of the second plan of a replacement, Terraform shows no
// warnings.
func (p *Process) reportErrors(a Address, diags []*tfprotov6.Diagnostic) bool {
	return p.report(a, slices.DeleteFunc(slices.Clone(diags), func(d *tfprotov6.Diagnostic) bool { return d.Severity != tfprotov6.DiagnosticSeverityError }))
}

// fail files an error of a call.
func (p *Process) fail(a Address, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.diags.Errors = append(p.diags.Errors, Diagnostic{Address: a, Summary: "The call failed", Detail: err.Error()})
}

// bug files what the provider must not do.
func (p *Process) bug(a Address, format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.diags.Errors = append(p.diags.Errors, Diagnostic{Address: a, Summary: Bug, Detail: fmt.Sprintf(format, args...)})
}

// call makes one call of the provider, unless it is killed.
func call[Q, A any](ctx context.Context, p *Process, f func(context.Context, Q) (A, error), request Q) (A, error) {
	type result struct {
		answer A
		err    error
	}
	done := make(chan result, 1)
	go func() {
		answer, err := f(ctx, request)
		done <- result{answer, err}
	}()
	select {
	case r := <-done:
		// Killed in the same moment: Terraform may have heard or not.
		return r.answer, r.err
	case <-p.killed:
		var none A
		return none, errKilled
	}
}

// each does something for many addresses, as many at a time as the parallelism allows.
func (p *Process) each(addresses []Address, do func(Address)) {
	limit := p.tf.Parallelism
	if limit == 0 {
		limit = 10
	}
	slots := make(chan struct{}, limit)
	var wg sync.WaitGroup
	for _, a := range addresses {
		slots <- struct{}{}
		if p.isStopped() {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			do(a)
		})
	}
	wg.Wait()
}

func (t *Terraform) schema(a Address) (*tfprotov6.Schema, error) {
	schema, ok := t.schemas.ResourceSchemas[a.Type]
	if !ok {
		return nil, fmt.Errorf("the provider has no resource %s", a.Type)
	}
	return schema, nil
}

func sortAddresses(addresses []Address) {
	slices.SortFunc(addresses, func(a, b Address) int { return strings.Compare(a.String(), b.String()) })
}

// Import takes a resource into the state, as an import block does: with what the service says of
// the id.
func (t *Terraform) Import(ctx context.Context, a Address, id string) (*Diagnostics, error) {
	p, err := t.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer t.end()
	schema, err := t.schema(a)
	if err != nil {
		return nil, err
	}
	answer, err := call(ctx, p, p.server.ImportResourceState, &tfprotov6.ImportResourceStateRequest{TypeName: a.Type, ID: id})
	switch {
	case err != nil:
		p.fail(a, err)
	case p.report(a, answer.Diagnostics):
	case len(answer.ImportedResources) != 1:
		p.bug(a, "an import of one id brought %d resources", len(answer.ImportedResources))
	default:
		imported := answer.ImportedResources[0]
		value, err := imported.State.Unmarshal(schema.ValueType())
		if err != nil {
			return nil, err
		}
		object, ok := p.refresh(ctx, a, schema, &Object{Value: value, Private: imported.Private, Identity: imported.Identity})
		if ok && object != nil {
			t.State[a] = object
		}
	}
	return &p.diags, nil
}

// Identity gives the identity of a resource in the state as JSON would hold it, nil for none.
func (t *Terraform) Identity(a Address) (map[string]any, error) {
	object := t.State[a]
	if object == nil || object.Identity == nil {
		return nil, nil
	}
	return plainObject(object.Identity.IdentityData, t.identities[a.Type])
}

// Object reads a resource as a state file holds it.
func (t *Terraform) Object(ctx context.Context, a Address, attributes map[string]any, tainted bool) (*Object, error) {
	if t.schemas == nil {
		if _, err := t.Start(ctx); err != nil {
			return nil, err
		}
		t.end()
	}
	schema, err := t.schema(a)
	if err != nil {
		return nil, err
	}
	value, err := fromJSON(attributes, schema.ValueType())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a, err)
	}
	return &Object{Value: value, Tainted: tainted}, nil
}
