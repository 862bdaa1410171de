// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

type client struct{ opened int32 }

func TestConnectionOpensOnceForManyCallers(t *testing.T) {
	t.Parallel()
	var opened atomic.Int32
	c := service.NewConnection(func(context.Context) (*client, diag.Diagnostics) {
		return &client{opened: opened.Add(1)}, nil
	})
	if got := opened.Load(); got != 0 {
		t.Fatalf("opened %d times before anybody asked", got)
	}
	if !c.Known() {
		t.Error("Known() = false for a configuration without unknown values")
	}

	clients := make([]*client, 50)
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			got, diags := c.Client(t.Context())
			if diags.HasError() {
				t.Errorf("unexpected error: %v", diags)
			}
			clients[i] = got
		})
	}
	wg.Wait()
	if got := opened.Load(); got != 1 {
		t.Errorf("opened %d times, want once", got)
	}
	for i, got := range clients {
		if got != clients[0] {
			t.Fatalf("caller %d got another client than caller 0", i)
		}
	}
}

func TestConnectionGivesEveryCallerTheSameError(t *testing.T) {
	t.Parallel()
	var opened int
	c := service.NewConnection(func(context.Context) (*client, diag.Diagnostics) {
		opened++
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Missing region", "Set huaweicloud.region or HW_REGION_NAME.")}
	})
	for range 3 {
		got, diags := c.Client(t.Context())
		if got != nil || !diags.HasError() || diags[0].Summary() != "Missing region" {
			t.Fatalf("got %v, %v", got, diags)
		}
	}
	if opened != 1 {
		t.Errorf("opened %d times, want once", opened)
	}
}

// A caller that was interrupted must not leave a cancelled context behind for the others.
func TestConnectionOutlivesTheFirstCaller(t *testing.T) {
	t.Parallel()
	c := service.NewConnection(func(ctx context.Context) (*client, diag.Diagnostics) {
		if err := ctx.Err(); err != nil {
			return nil, diag.Diagnostics{diag.NewErrorDiagnostic("cancelled", err.Error())}
		}
		return &client{}, nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, diags := c.Client(ctx); diags.HasError() {
		t.Errorf("the first caller's cancellation reached open: %v", diags)
	}
}

func TestUnknownConnectionNamesTheAttributes(t *testing.T) {
	t.Parallel()
	c := service.NewUnknownConnection[*client]("EnOS", []string{"enos.gateway_url", "enos.secret_key"})
	if c.Known() {
		t.Error("Known() = true")
	}
	got, diags := c.Client(t.Context())
	if got != nil || !diags.HasError() {
		t.Fatalf("got %v, %v; want an error", got, diags)
	}
	text := diags[0].Summary() + "\n" + diags[0].Detail()
	for _, want := range []string{"EnOS", "enos.gateway_url", "enos.secret_key", "known only after apply"} {
		if !strings.Contains(text, want) {
			t.Errorf("the error lacks %q:\n%s", want, text)
		}
	}
}
