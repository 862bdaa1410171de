// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"bytes"
	"context"
	"hash/maphash"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"
)

// providerServer is one that lists resources too.
type providerServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
}

// Watch makes a provider of which the test is told all that it says: states, plans, diagnostics,
// and its log at TRACE. The test fails at its end when one of its [Secrets] is among it.
func Watch(t testing.TB, server tfprotov6.ProviderServer) tfprotov6.ProviderServer {
	ours, ok := server.(providerServer)
	if !ok { // Terraform's own provider for tests
		return server
	}
	return &watched{ours, witnessOf(t), recordOf(t)}
}

// witness keeps what the providers of a test have said.
type witness struct {
	mu   sync.Mutex
	said bytes.Buffer
	seen map[uint64]bool // hashes of what was said
	log  bytes.Buffer
}

var witnesses struct {
	sync.Mutex
	of map[string]*witness
}

var seed = maphash.MakeSeed()

func witnessOf(t testing.TB) *witness {
	witnesses.Lock()
	defer witnesses.Unlock()
	w := witnesses.of[t.Name()]
	if w != nil {
		return w
	}
	w = &witness{seen: map[uint64]bool{}}
	if witnesses.of == nil {
		witnesses.of = map[string]*witness{}
	}
	name := t.Name()
	witnesses.of[name] = w
	t.Cleanup(func() {
		witnesses.Lock()
		delete(witnesses.of, name)
		witnesses.Unlock()
		w.mu.Lock()
		defer w.mu.Unlock()
		searcher := searcherOf(name)
		for what, text := range map[string][]byte{"what the provider answered": w.said.Bytes(), "the provider's log": w.log.Bytes()} {
			if found := searcher.In(text); len(found) > 0 {
				t.Errorf("%s holds\n  %s", what, strings.Join(found, "\n  "))
			}
		}
	})
	return w
}

// Write takes a line of the log.
func (w *witness) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(line)
}

// hear keeps all texts and bytes in a value.
func (w *witness) hear(v reflect.Value) {
	switch v.Kind() { //nolint:exhaustive // the others hold no text
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			w.hear(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			w.hear(v.Field(i))
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			w.keep(v.Bytes())
			return
		}
		for i := range v.Len() {
			w.hear(v.Index(i))
		}
	case reflect.String:
		w.keep([]byte(v.String()))
	}
}

func (w *witness) keep(text []byte) {
	hash := maphash.Bytes(seed, text)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(text) >= window && !w.seen[hash] {
		w.seen[hash] = true
		w.said.Write(text)
		w.said.WriteByte('\n')
	}
}

// watched hands each call on, and shows its answer to the witness and to the record.
type watched struct {
	providerServer

	witness *witness
	record  *record
}

func (w *watched) context(ctx context.Context) context.Context {
	if os.Getenv("TF_LOG") != "" { // somebody wants to read it
		return ctx
	}
	return tflogtest.RootLogger(ctx, w.witness)
}

func watch[Q, A any](ctx context.Context, w *watched, method string, call func(context.Context, Q) (A, error), request Q) (A, error) {
	answer, err := call(w.context(ctx), request)
	v := reflect.ValueOf(answer)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return answer, err
	}
	heard := v
	diagnostics := v.Elem().FieldByName("Diagnostics")
	switch method {
	case "ValidateProviderConfig", "OpenEphemeralResource", "RenewEphemeralResource":
		heard = diagnostics // the rest is the configuration, or a token: Terraform keeps neither
	}
	w.witness.hear(heard)
	if diags, ok := diagnostics.Interface().([]*tfprotov6.Diagnostic); ok && w.record != nil {
		w.record.diagnostics(method, diags)
	}
	return answer, err
}

// ValidateProviderConfig and all below are the calls that answer with diagnostics.
func (w *watched) ValidateProviderConfig(ctx context.Context, q *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return watch(ctx, w, "ValidateProviderConfig", w.providerServer.ValidateProviderConfig, q)
}

func (w *watched) ConfigureProvider(ctx context.Context, q *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return watch(ctx, w, "ConfigureProvider", w.providerServer.ConfigureProvider, q)
}

func (w *watched) ValidateResourceConfig(ctx context.Context, q *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return watch(ctx, w, "ValidateResourceConfig", w.providerServer.ValidateResourceConfig, q)
}

func (w *watched) UpgradeResourceState(ctx context.Context, q *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return watch(ctx, w, "UpgradeResourceState", w.providerServer.UpgradeResourceState, q)
}

func (w *watched) UpgradeResourceIdentity(ctx context.Context, q *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return watch(ctx, w, "UpgradeResourceIdentity", w.providerServer.UpgradeResourceIdentity, q)
}

func (w *watched) ReadResource(ctx context.Context, q *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return watch(ctx, w, "ReadResource", w.providerServer.ReadResource, q)
}

func (w *watched) PlanResourceChange(ctx context.Context, q *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return watch(ctx, w, "PlanResourceChange", w.providerServer.PlanResourceChange, q)
}

func (w *watched) ApplyResourceChange(ctx context.Context, q *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return watch(ctx, w, "ApplyResourceChange", w.providerServer.ApplyResourceChange, q)
}

func (w *watched) ImportResourceState(ctx context.Context, q *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return watch(ctx, w, "ImportResourceState", w.providerServer.ImportResourceState, q)
}

func (w *watched) MoveResourceState(ctx context.Context, q *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	return watch(ctx, w, "MoveResourceState", w.providerServer.MoveResourceState, q)
}

func (w *watched) ValidateDataResourceConfig(ctx context.Context, q *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return watch(ctx, w, "ValidateDataResourceConfig", w.providerServer.ValidateDataResourceConfig, q)
}

func (w *watched) ReadDataSource(ctx context.Context, q *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return watch(ctx, w, "ReadDataSource", w.providerServer.ReadDataSource, q)
}

func (w *watched) ValidateEphemeralResourceConfig(ctx context.Context, q *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	return watch(ctx, w, "ValidateEphemeralResourceConfig", w.providerServer.ValidateEphemeralResourceConfig, q)
}

func (w *watched) OpenEphemeralResource(ctx context.Context, q *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	return watch(ctx, w, "OpenEphemeralResource", w.providerServer.OpenEphemeralResource, q)
}

func (w *watched) RenewEphemeralResource(ctx context.Context, q *tfprotov6.RenewEphemeralResourceRequest) (*tfprotov6.RenewEphemeralResourceResponse, error) {
	return watch(ctx, w, "RenewEphemeralResource", w.providerServer.RenewEphemeralResource, q)
}

func (w *watched) CloseEphemeralResource(ctx context.Context, q *tfprotov6.CloseEphemeralResourceRequest) (*tfprotov6.CloseEphemeralResourceResponse, error) {
	return watch(ctx, w, "CloseEphemeralResource", w.providerServer.CloseEphemeralResource, q)
}

func (w *watched) ValidateListResourceConfig(ctx context.Context, q *tfprotov6.ValidateListResourceConfigRequest) (*tfprotov6.ValidateListResourceConfigResponse, error) {
	return watch(ctx, w, "ValidateListResourceConfig", w.providerServer.ValidateListResourceConfig, q)
}

func (w *watched) ListResource(ctx context.Context, q *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	stream, err := w.providerServer.ListResource(w.context(ctx), q)
	if err != nil || stream == nil {
		return stream, err
	}
	results := stream.Results
	return &tfprotov6.ListResourceServerStream{Results: func(yield func(tfprotov6.ListResourceResult) bool) {
		for result := range results {
			w.witness.hear(reflect.ValueOf(result))
			if w.record != nil {
				w.record.diagnostics("ListResource", result.Diagnostics)
			}
			if !yield(result) {
				return
			}
		}
	}}, nil
}
