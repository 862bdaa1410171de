// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package probetest proves a service's probe on the mock: whatever position the mock's switches are
// in, the probe finds it, or says that it can't tell, and leaves all as it was.
package probetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// Bench is a probe and a mock that it is run against, in this process and without time: waiting
// moves the mock's clock.
type Bench struct {
	Service probe.Service
	// Seed is the data of the mock.
	Seed mockbackend.Seed
	// Environment is what the provider reads. Address is what stands in it for the address of the
	// mock.
	Environment map[string]string
	// Args are the arguments behind the name of the service.
	Args []string
	// Numbers are the positions that switches are tried in that are numbers, by name.
	Numbers map[string][]string
	// Names are those of people and targets, which no report may hold.
	Names []string
	// Bystanders are in no request that writes.
	Bystanders []string
	// Reads are parts of the paths of requests that change nothing though they are no GET.
	Reads []string
	// Blind are the positions that a run can't find even where all else is as by default, by
	// question; "*" is all. Every other has to be found then.
	Blind map[string][]string
	// Often is how many of a hundred runs among random positions have to find the answer to a
	// question; left out is 50.
	Often map[string]int
}

// lostHost is in the error of an answer that is lost.
const lostHost = "proxy.internal.example.com"

// Address is the address of the mock.
const Address = "http://127.0.0.1:1"

// World is a mock in some positions.
type World struct {
	*mockbackend.Backend
	bench Bench

	mu  sync.Mutex
	now time.Time
	// answered is called when a request was served, one at a time, and tells whether its answer is
	// lost.
	answered func(r *http.Request) (lost bool)
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

func (w *World) lost(r *http.Request) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.answered != nil && w.answered(r)
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
	_ = w.wait(ctx, time.Second) // since the last run
	var out, log bytes.Buffer
	command := probe.Command{
		Services: []probe.Service{w.bench.Service}, Version: "test",
		Stdin: strings.NewReader(input), Stdout: &out, Stderr: &log,
		Getenv: func(name string) string { return w.bench.Environment[name] },
		Wait:   w.wait, Now: w.time,
		Transport: func(http.RoundTripper) http.RoundTripper {
			return direct{w}
		},
		Options: []provider.Option{provider.WithRetryWait(time.Millisecond)},
	}
	report, err := command.Run(ctx, slices.Concat([]string{w.bench.Service.Name}, w.bench.Args, args))
	return Result{report, out.String(), log.String(), err}
}

// direct hands requests to the mock without a connection.
type direct struct{ world *World }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{}) // so that a client knows that the request may have been sent
	}
	in := r.Clone(r.Context())
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:2"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	answer := httptest.NewRecorder()
	d.world.ServeHTTP(answer, in)
	_, _ = io.Copy(io.Discard, in.Body)
	if d.world.lost(r) {
		return nil, fmt.Errorf("read tcp %s: %w", lostHost, syscall.ECONNRESET)
	}
	return answer.Result(), nil
}

// Switches lists the switches of the service in a mock, with the positions to try.
func (b Bench) Switches(t testing.TB, w *World) []wire.Switch {
	t.Helper()
	for _, doc := range w.Describe() {
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
	switches := b.Switches(t, b.World(t, nil))
	check := func(t *testing.T, result Result, name, position string) {
		t.Helper()
		found := result.Answer(name).Verdict == probe.Found
		if blind := b.blind(name, position); found == blind {
			t.Errorf("found is %v, want %v: %+v\n%s", found, !blind, result.Answer(name), result.Log)
		}
	}
	t.Run("defaults", func(t *testing.T) {
		t.Parallel()
		result := b.prove(t, nil)
		for _, sw := range switches {
			check(t, result, sw.Name, sw.Value)
		}
	})
	for _, sw := range switches {
		for _, position := range sw.Positions {
			if position == sw.Value {
				continue
			}
			t.Run(sw.Name+"="+position, func(t *testing.T) {
				t.Parallel()
				check(t, b.prove(t, map[string]string{sw.Name: position}), sw.Name, position)
			})
		}
	}
	t.Run("combinations", func(t *testing.T) {
		var mu sync.Mutex
		asked, found, why := map[string]int{}, map[string]int{}, map[string]map[string]int{}
		t.Run("seed", func(t *testing.T) {
			for seed := range combinations {
				t.Run(strconv.Itoa(seed), func(t *testing.T) {
					t.Parallel()
					random := rand.New(rand.NewPCG(uint64(seed), 1))
					positions := map[string]string{}
					for _, sw := range switches {
						positions[sw.Name] = sw.Positions[random.IntN(len(sw.Positions))]
					}
					result := b.prove(t, positions)
					mu.Lock()
					defer mu.Unlock()
					for name := range positions {
						asked[name]++
						if a := result.Answer(name); a.Verdict == probe.Found {
							found[name]++
						} else if why[name] == nil {
							why[name] = map[string]int{a.Why: 1}
						} else {
							why[name][a.Why]++
						}
					}
				})
			}
		})
		for name, n := range asked {
			often, ok := b.Often[name]
			if !ok {
				often = 50
			}
			if 100*found[name] < often*n {
				t.Errorf("%s: found in %d of %d combinations: %v", name, found[name], n, why[name])
			}
		}
	})
}

func (b Bench) blind(question, position string) bool {
	return slices.Contains(b.Blind[question], position) || slices.Contains(b.Blind[question], "*")
}

func (b Bench) prove(t *testing.T, positions map[string]string) Result {
	t.Helper()
	w := b.World(t, positions)
	before := w.Snapshot()
	file := filepath.Join(t.TempDir(), "facts.json")
	result := w.Run(t.Context(), "-o", file)
	if result.Err != nil {
		t.Fatalf("%v\n%s", result.Err, result.Log)
	}
	w.CheckUntouched(t, before)
	b.replay(t, file, result)
	for _, sw := range b.Switches(t, w) {
		b.judge(t, result.Answer(sw.Name), sw.Value)
	}
	if t.Failed() {
		t.Logf("positions: %v\n%s%s", positions, result.Log, result.Out)
	}
	return result
}

// replay has another mock play what a run wrote, and looks for names in it.
func (b Bench) replay(t *testing.T, file string, result Result) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append([]string{strings.TrimPrefix(Address, "http://")}, b.Names...) {
		if reported := string(text) + result.Out; strings.Contains(strings.ToLower(reported), strings.ToLower(name)) {
			t.Errorf("the report holds %q:\n%s", name, reported)
		}
	}
	facts, err := mockbackend.ReadFacts(file)
	if err != nil {
		t.Fatal(err)
	}
	w := b.World(t, nil)
	if beyond, err := w.SetFacts(facts); err != nil || len(beyond) > 0 {
		t.Fatal(beyond, err)
	}
	for _, sw := range b.Switches(t, w) {
		if a := result.Answer(sw.Name); a.Verdict == probe.Found && a.Position != sw.Value {
			t.Errorf("%s: the mock is in %s and not in %s", sw.Name, sw.Value, a.Position)
		}
	}
}

// judge holds an answer against the position that the mock is in.
func (b Bench) judge(t *testing.T, a probe.Answer, position string) {
	t.Helper()
	switch a.Verdict {
	case probe.Found:
		if a.Position != position {
			t.Errorf("%s is %s, not %s: %s", a.Question, position, a.Position, a.Seen)
		}
	case probe.OneOf:
		if !slices.Contains(a.Possible, position) || a.Why == "" {
			t.Errorf("%s is %s: %+v", a.Question, position, a)
		}
	case probe.CannotTell:
		if a.Why == "" || a.Why == probe.NoAnswer {
			t.Errorf("%s: no word on why it can't be told: %+v", a.Question, a)
		}
	default:
		t.Errorf("%s is %s, and not %+v", a.Question, position, a)
	}
}

// CheckUntouched fails when the mock's data is not what it was, or when the probe sent what a
// correct client never sends.
func (w *World) CheckUntouched(t testing.TB, before mockbackend.Seed) {
	t.Helper()
	if diff := gocmp.Diff(before, w.Snapshot()); diff != "" {
		t.Errorf("the probe left something over (-before +after):\n%s", diff)
	}
	for _, e := range w.Recorder.All() {
		for _, name := range w.bench.Bystanders {
			if w.bench.writes(e.Method, e.Path) && strings.Contains(e.Query.Encode()+string(e.Body), name) {
				t.Errorf("%s %s is about %s: %s", e.Method, e.Path, name, e.Body)
			}
		}
	}
	if violations := w.Recorder.Violations(); len(violations) > 0 {
		t.Errorf("the probe sent what a correct client never sends:\n%s", strings.Join(violations, "\n"))
	}
}
