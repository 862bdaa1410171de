// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package probetest proves a service's probe on the mock: whatever position the mock's switches are in, the probe finds
// it, or says that it can't tell, and leaves all as it was.
package probetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
)

// Bench is a probe and a mock that it is run against, in this process and without time: waiting moves the mock's clock.
type Bench struct {
	Service probe.Service
	// Seed is the data of the mock.
	Seed mockbackend.Seed
	// Environment is what the provider reads. Address is what stands in it for the address of the mock.
	Environment map[string]string
	// Args are the arguments behind the name of the service.
	Args []string
	// Numbers are the positions that switches are tried in that are numbers, by name.
	Numbers map[string][]string
	// Blind tells that a run can't find a position, among others that the switches are in. A position that is neither
	// found nor blind fails the test.
	Blind func(question, position string, positions map[string]string) bool
}

// Address is the address of the mock.
const Address = "http://127.0.0.1:1"

// World is a mock in some positions.
type World struct {
	*mockbackend.Backend
	bench Bench

	mu  sync.Mutex
	now time.Time
}

// World makes a mock in positions, by name.
func (b Bench) World(t testing.TB, positions map[string]string) *World {
	t.Helper()
	w := &World{bench: b, now: time.Now()}
	seed := b.Seed
	backend, err := mockbackend.New(mockbackend.Options{Seed: &seed, Now: w.time})
	if err != nil {
		t.Fatal(err)
	}
	w.Backend = backend
	for name, position := range positions {
		if err := backend.SetSwitch(b.Service.Name+"."+name, position); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *World) time() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// wait moves the clock of the mock.
func (w *World) wait(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
	return ctx.Err()
}

// Result is a run of the probe.
type Result struct {
	probe.Report
	// Out and Log are what it printed, Err what it ended with.
	Out, Log string
	Err      error
}

// Run runs the probe with more arguments, -yes among them.
func (w *World) Run(ctx context.Context, args ...string) Result {
	return w.RunInput(ctx, "", append([]string{"-yes"}, args...)...)
}

// RunInput runs the probe as somebody does who sits there and types.
func (w *World) RunInput(ctx context.Context, input string, args ...string) Result {
	var out, log bytes.Buffer
	command := probe.Command{
		Services: []probe.Service{w.bench.Service}, Version: "test",
		Stdin: strings.NewReader(input), Stdout: &out, Stderr: &log,
		Getenv: func(name string) string { return w.bench.Environment[name] },
		Wait:   w.wait,
		Transport: func(http.RoundTripper) http.RoundTripper {
			return direct{w}
		},
	}
	report, err := command.Run(ctx, slices.Concat([]string{w.bench.Service.Name}, w.bench.Args, args))
	return Result{report, out.String(), log.String(), err}
}

// direct hands requests to the mock without a connection.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:2"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	answer := httptest.NewRecorder()
	d.handler.ServeHTTP(answer, in)
	_, _ = io.Copy(io.Discard, in.Body)
	return answer.Result(), nil
}

// Switches lists the switches of the service, with the positions to try.
func (b Bench) Switches(t testing.TB) []wire.Switch {
	t.Helper()
	for _, doc := range b.World(t, nil).Describe() {
		if doc.Name != b.Service.Name {
			continue
		}
		for i, sw := range doc.Switches {
			if numbers, ok := b.Numbers[sw.Name]; ok {
				doc.Switches[i].Positions = numbers
			}
		}
		return doc.Switches
	}
	t.Fatalf("the mock has no service %s", b.Service.Name)
	return nil
}

// Prove runs the probe for each position of each switch alone, and for combinations at random.
func (b Bench) Prove(t *testing.T, combinations int) {
	t.Helper()
	switches := b.Switches(t)
	for _, sw := range switches {
		for _, position := range sw.Positions {
			t.Run(sw.Name+"="+position, func(t *testing.T) {
				t.Parallel()
				b.prove(t, map[string]string{sw.Name: position})
			})
		}
	}
	for seed := range combinations {
		t.Run(fmt.Sprintf("combination %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(seed), 1))
			positions := map[string]string{}
			for _, sw := range switches {
				positions[sw.Name] = sw.Positions[random.IntN(len(sw.Positions))]
			}
			b.prove(t, positions)
		})
	}
}

func (b Bench) prove(t *testing.T, positions map[string]string) {
	w := b.World(t, positions)
	before := w.Snapshot()
	result := w.Run(t.Context())
	if result.Err != nil {
		t.Fatalf("%v\n%s", result.Err, result.Log)
	}
	w.CheckUntouched(t, before)
	in := map[string]string{}
	for _, sw := range b.Switches(t) {
		in[sw.Name] = sw.Value
	}
	for name, position := range positions {
		in[name] = position
	}
	for _, q := range b.Service.Questions {
		position, ok := in[q.Name]
		if !ok {
			continue
		}
		b.judge(t, result.Answer(q.Name), position, in)
	}
	if t.Failed() {
		t.Logf("positions: %v\n%s%s", positions, result.Log, result.Out)
	}
}

// judge holds an answer against the position that the mock is in.
func (b Bench) judge(t *testing.T, a probe.Answer, position string, in map[string]string) {
	t.Helper()
	blind := b.Blind != nil && b.Blind(a.Question, position, in)
	switch a.Verdict {
	case probe.Found:
		if a.Position != position {
			t.Errorf("%s is %s, not %s: %s", a.Question, position, a.Position, a.Seen)
		}
	case probe.OneOf:
		if !slices.Contains(a.Possible, position) {
			t.Errorf("%s is %s, none of %v: %s", a.Question, position, a.Possible, a.Seen)
		}
		if a.Why == "" {
			t.Errorf("%s: no word on why it can't be told", a.Question)
		}
	case probe.CannotTell:
		if a.Why == "" {
			t.Errorf("%s: no word on why it can't be told", a.Question)
		}
	case probe.Other, probe.Noted:
		t.Errorf("%s is %s, and not something else: %s", a.Question, position, a.Seen)
	default:
		t.Errorf("%s has no answer", a.Question)
	}
	if found := a.Verdict == probe.Found; found == blind {
		t.Errorf("%s in position %s: found is %v, expected is %v: %+v", a.Question, position, found, !blind, a)
	}
}

// CheckUntouched fails when the mock's data is not what it was, or when the probe sent what a correct client never sends.
func (w *World) CheckUntouched(t testing.TB, before mockbackend.Seed) {
	t.Helper()
	if diff := cmp.Diff(before, w.Snapshot()); diff != "" {
		t.Errorf("the probe left something over (-before +after):\n%s", diff)
	}
	if violations := w.Recorder.Violations(); len(violations) > 0 {
		t.Errorf("the probe sent what a correct client never sends:\n%s", strings.Join(violations, "\n"))
	}
}
