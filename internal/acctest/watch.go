// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"context"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Watch makes a provider whose answers are recorded when [RecordTo] says so.
func Watch(t testing.TB, server tfprotov6.ProviderServer) tfprotov6.ProviderServer {
	r := recordOf(t)
	ours, ok := server.(tfprotov6.ProviderServerWithListResource)
	if r == nil || !ok { // Terraform's own provider for tests isn't one
		return server
	}
	return &watched{ours, r}
}

// watched hands each call on, and shows its answer to the record.
type watched struct {
	tfprotov6.ProviderServerWithListResource

	record *record
}

func watch[Q, A any](ctx context.Context, w *watched, method string, call func(context.Context, Q) (A, error), request Q) (A, error) {
	answer, err := call(ctx, request)
	if v := reflect.ValueOf(answer); v.Kind() == reflect.Pointer && !v.IsNil() {
		if field := v.Elem().FieldByName("Diagnostics"); field.IsValid() {
			w.record.diagnostics(method, field.Interface().([]*tfprotov6.Diagnostic)) //nolint:forcetypeassert // in every answer
		}
	}
	return answer, err
}

// ValidateProviderConfig and all below are the calls that answer with diagnostics.
func (w *watched) ValidateProviderConfig(ctx context.Context, q *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return watch(ctx, w, "ValidateProviderConfig", w.ProviderServerWithListResource.ValidateProviderConfig, q)
}

func (w *watched) ConfigureProvider(ctx context.Context, q *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return watch(ctx, w, "ConfigureProvider", w.ProviderServerWithListResource.ConfigureProvider, q)
}

func (w *watched) ValidateResourceConfig(ctx context.Context, q *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return watch(ctx, w, "ValidateResourceConfig", w.ProviderServerWithListResource.ValidateResourceConfig, q)
}

func (w *watched) UpgradeResourceState(ctx context.Context, q *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return watch(ctx, w, "UpgradeResourceState", w.ProviderServerWithListResource.UpgradeResourceState, q)
}

func (w *watched) UpgradeResourceIdentity(ctx context.Context, q *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return watch(ctx, w, "UpgradeResourceIdentity", w.ProviderServerWithListResource.UpgradeResourceIdentity, q)
}

func (w *watched) ReadResource(ctx context.Context, q *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return watch(ctx, w, "ReadResource", w.ProviderServerWithListResource.ReadResource, q)
}

func (w *watched) PlanResourceChange(ctx context.Context, q *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return watch(ctx, w, "PlanResourceChange", w.ProviderServerWithListResource.PlanResourceChange, q)
}

func (w *watched) ApplyResourceChange(ctx context.Context, q *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return watch(ctx, w, "ApplyResourceChange", w.ProviderServerWithListResource.ApplyResourceChange, q)
}

func (w *watched) ImportResourceState(ctx context.Context, q *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return watch(ctx, w, "ImportResourceState", w.ProviderServerWithListResource.ImportResourceState, q)
}

func (w *watched) MoveResourceState(ctx context.Context, q *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	return watch(ctx, w, "MoveResourceState", w.ProviderServerWithListResource.MoveResourceState, q)
}

func (w *watched) ValidateDataResourceConfig(ctx context.Context, q *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return watch(ctx, w, "ValidateDataResourceConfig", w.ProviderServerWithListResource.ValidateDataResourceConfig, q)
}

func (w *watched) ReadDataSource(ctx context.Context, q *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return watch(ctx, w, "ReadDataSource", w.ProviderServerWithListResource.ReadDataSource, q)
}

func (w *watched) ValidateEphemeralResourceConfig(ctx context.Context, q *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	return watch(ctx, w, "ValidateEphemeralResourceConfig", w.ProviderServerWithListResource.ValidateEphemeralResourceConfig, q)
}

func (w *watched) OpenEphemeralResource(ctx context.Context, q *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	return watch(ctx, w, "OpenEphemeralResource", w.ProviderServerWithListResource.OpenEphemeralResource, q)
}

func (w *watched) RenewEphemeralResource(ctx context.Context, q *tfprotov6.RenewEphemeralResourceRequest) (*tfprotov6.RenewEphemeralResourceResponse, error) {
	return watch(ctx, w, "RenewEphemeralResource", w.ProviderServerWithListResource.RenewEphemeralResource, q)
}

func (w *watched) CloseEphemeralResource(ctx context.Context, q *tfprotov6.CloseEphemeralResourceRequest) (*tfprotov6.CloseEphemeralResourceResponse, error) {
	return watch(ctx, w, "CloseEphemeralResource", w.ProviderServerWithListResource.CloseEphemeralResource, q)
}

func (w *watched) ValidateListResourceConfig(ctx context.Context, q *tfprotov6.ValidateListResourceConfigRequest) (*tfprotov6.ValidateListResourceConfigResponse, error) {
	return watch(ctx, w, "ValidateListResourceConfig", w.ProviderServerWithListResource.ValidateListResourceConfig, q)
}

func (w *watched) ListResource(ctx context.Context, q *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	stream, err := w.ProviderServerWithListResource.ListResource(ctx, q)
	if err != nil || stream == nil {
		return stream, err
	}
	results := stream.Results
	return &tfprotov6.ListResourceServerStream{Results: func(yield func(tfprotov6.ListResourceResult) bool) {
		for result := range results {
			w.record.diagnostics("ListResource", result.Diagnostics)
			if !yield(result) {
				return
			}
		}
	}}, nil
}
