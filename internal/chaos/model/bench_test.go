// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// bench is a Terraform, and the mock services at the other end of a pipe.
type bench struct {
	mock  *mockbackend.Backend
	tf    *core.Terraform
	pipes *pipes
	http  *http.Server

	mu       sync.Mutex
	requests int
	stopAt   int
	late     bool
}

func newBench(t *testing.T) *bench {
	prefix, universal, _ := strings.Cut(acctest.VenafiIdentity, ":")
	_, name, _ := strings.Cut(acctest.VenafiUser, ":")
	backend, err := mockbackend.New(mockbackend.Options{
		Seed: &mockbackend.Seed{
			Huaweicloud: huaweicloud.Seed{
				Credentials: []huaweicloud.Credential{{AccessKey: acctest.HuaweicloudAccessKey, SecretKey: acctest.HuaweicloudSecretKey}},
				Projects:    []huaweicloud.Project{{ID: acctest.ProjectID, Name: acctest.Region}},
			},
			Enos: enos.Seed{
				ServiceAccounts: []enos.ServiceAccount{{AccessKey: acctest.EnosAccessKey, SecretKey: acctest.EnosSecretKey, MayRead: true, MayAuthorize: true}},
				Organizations:   []enos.Organization{{ID: acctest.OrgID}},
			},
			Venafi: venafi.Seed{
				Applications: []venafi.Application{{ID: acctest.VenafiClientID, Name: "Model", MaximumScope: "admin;configuration"}},
				Identities:   []venafi.Identity{{Prefix: prefix, Universal: universal, Name: name, Password: acctest.VenafiPassword}},
				Roles:        []venafi.Role{{Role: venafi.Admin, Grantee: acctest.VenafiIdentity}},
			},
		},
		Quota: &huaweicloud.Quota{},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{mock: backend, pipes: &pipes{waiting: make(chan net.Conn), closed: make(chan struct{})}}
	b.http = &http.Server{Handler: http.HandlerFunc(b.serve), ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	go func() { _ = b.http.Serve(b.pipes) }()
	server := providerserver.NewProtocol6(provider.New("0.0.1", provider.WithDial(b.pipes.dial), provider.WithEnvironment(func(string) string { return "" }))())
	b.tf = &core.Terraform{Server: func() tfprotov6.ProviderServer { return server() }, Provider: b.block(), State: core.State{}}
	return b
}

func (b *bench) block() map[string]any {
	const url = "http://127.0.0.1"
	return map[string]any{
		"huaweicloud": map[string]any{
			"region": acctest.Region, "access_key": acctest.HuaweicloudAccessKey, "secret_key": acctest.HuaweicloudSecretKey,
			"project_id": acctest.ProjectID, "workspace_endpoint": url, "iam_endpoint": url, "max_retries": 2,
			"requests_per_minute": map[string]any{"read": 0, "write": 0},
		},
		"enos": map[string]any{
			"gateway_url": url, "access_key": acctest.EnosAccessKey, "secret_key": acctest.EnosSecretKey, "org_id": acctest.OrgID, "max_retries": 2,
		},
		"venafi": map[string]any{
			"url": url, "client_id": acctest.VenafiClientID, "username": acctest.VenafiUser, "password": acctest.VenafiPassword, "max_retries": 2,
		},
	}
}

// close ends everything that the bubble must not outlive.
func (b *bench) close() { _ = b.http.Close() }

// interruptAt arms an interrupt before a request, or after it has been acted on; 0 disarms it.
func (b *bench) interruptAt(n int, late bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests, b.stopAt, b.late = 0, n, late
}

func (b *bench) serve(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.requests++
	stop, late := b.requests == b.stopAt, b.late
	b.mu.Unlock()
	if stop && !late {
		b.tf.Interrupt()
	}
	b.mock.ServeHTTP(w, r)
	if stop && late {
		b.tf.Interrupt()
	}
}

// pipes is a listener without a network.
type pipes struct {
	waiting chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	mine, theirs := net.Pipe()
	select {
	case p.waiting <- theirs:
		return mine, nil
	case <-p.closed:
		return nil, errors.New("the services are closed")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.waiting:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

// troubleWrites strikes the writes of an apply, each a few times, and sometimes a read.
func (r *run) troubleWrites() {
	for range r.rng.IntN(3) {
		refused := r.one(25)
		f := wire.Fault{Operation: pick(r, r.estate.writes()...), After: r.rng.IntN(3), Times: 1 + r.rng.IntN(2)}
		switch {
		case refused:
			f.Kind, f.Times = wire.Status, pick(r, 1, 4)
			f.Status = pick(r, http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusUnauthorized)
			f.Body = `{"error_code":"WKS.1","error_msg":"refused","message":"refused","error":"invalid_request","error_description":"refused"}`
		case r.one(30):
			f.Kind = wire.ResetAfter
		default:
			f.Kind = pick(r, wire.Late, wire.LateReset)
			if r.one(40) {
				f.Kind = wire.LateSuccess
			}
			f.EffectRequests = r.rng.IntN(4)
			f.EffectDelay = pick(r, 0, 0, 300*time.Millisecond, 2*time.Second)
		}
		r.note("trouble: %s %s after %d, %d times; status %d, effect after %d requests and %s",
			f.Operation, f.Kind, f.After, f.Times, f.Status, f.EffectRequests, f.EffectDelay)
		r.mock.Faults.Add(f)
	}
	if r.one(10) {
		r.troubleReads()
	}
}

// troubleReads strikes reads.
func (r *run) troubleReads() {
	f := wire.Fault{Operation: pick(r, r.estate.reads()...), After: r.rng.IntN(3), Times: pick(r, 1, 9), Kind: pick(r, wire.ServerError, wire.ResetBefore, wire.Unavailable)}
	r.note("trouble: %s %s after %d, %d times", f.Operation, f.Kind, f.After, f.Times)
	r.mock.Faults.Add(f)
}

func sorted[V any](g map[string]V) []string { return slices.Sorted(maps.Keys(g)) }

// asJSON gives attributes of a configuration the types that those of a state have.
func asJSON(t *testing.T, attributes map[string]any) map[string]any {
	text, err := json.Marshal(attributes)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func describe(state core.State) string {
	var lines []string
	for a, object := range state {
		lines = append(lines, fmt.Sprintf("  %s (tainted: %t): %v", a, object.Tainted, object.Attributes()))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func texts(from any) []string {
	list, _ := from.([]any)
	out := make([]string, 0, len(list))
	for _, element := range list {
		text, _ := element.(string)
		out = append(out, text)
	}
	return out
}
