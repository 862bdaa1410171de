// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package wire_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const wholeAnswer = `{"answer":"0123456789"}`

// rig is a service with one operation, "Op", that counts how often it works.
type rig struct {
	t        *testing.T
	url      string
	client   *http.Client
	service  *wire.Service
	recorder *wire.Recorder
	faults   *wire.Faults
	log      *bytes.Buffer
	worked   atomic.Int32
}

func newRig(t *testing.T, start func(http.Handler) *httptest.Server) *rig {
	t.Helper()
	r := &rig{t: t, recorder: &wire.Recorder{}, faults: &wire.Faults{}, log: &bytes.Buffer{}}
	r.service = &wire.Service{
		Name: "test", Recorder: r.recorder, Faults: r.faults,
		Log: hclog.New(&hclog.LoggerOptions{Output: r.log, DisableTime: true, Mutex: &sync.Mutex{}}),
		ThrottleBody: func() (int, http.Header, []byte) {
			return http.StatusTooManyRequests, http.Header{"x-own": {"yes"}}, []byte(`{"own":"throttled"}`)
		},
	}
	server := start(r.service.Handle("Op", func(w http.ResponseWriter, req *http.Request) {
		r.worked.Add(1)
		body, err := io.ReadAll(req.Body)
		if err != nil || string(body) != string(wire.Body(req)) {
			t.Errorf("body %q and %q, %v", body, wire.Body(req), err)
		}
		switch string(body) {
		case "bad":
			wire.Violate(req, "the body is %s", "bad")
			wire.Violate(req, "twice")
			w.WriteHeader(http.StatusBadRequest)
			return
		case "empty":
			return
		}
		wire.Note(req, "apps", 2, "name", "two words")
		if fault, ok := wire.ServiceFault(req); ok {
			wire.Note(req, "own", fault.Kind)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, wholeAnswer)
	}))
	t.Cleanup(server.Close)
	r.url, r.client = server.URL, server.Client()
	r.client.Transport.(*http.Transport).DisableKeepAlives = true // a reset connection must not be tried again
	return r
}

// post returns what came, with the error of reading the body.
func (r *rig) post(body string) (*http.Response, string, error) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+"/path?q=1", strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	response, err := r.client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response, string(text), err
}

func TestRecords(t *testing.T) {
	t.Parallel()
	r := newRig(t, httptest.NewServer)
	r.post("hello")
	r.post("bad")
	all := r.recorder.All()
	if len(all) != 2 {
		t.Fatalf("recorded %+v", all)
	}
	e := all[0]
	if e.Seq != 1 || e.Service != "test" || e.Operation != "Op" || e.Method != http.MethodPost || e.Path != "/path" || e.Query.Get("q") != "1" ||
		string(e.Body) != "hello" || e.Status != 200 || e.Note != "apps=2 name=two words" || e.Started.IsZero() || e.Ended.Before(e.Started) {
		t.Errorf("recorded %+v", e)
	}
	if all[1].Seq != 2 || all[1].Status != 400 || all[1].Violation != "the body is bad; twice" {
		t.Errorf("recorded %+v", all[1])
	}
	if diff := cmp.Diff([]string{"Op (request 2): the body is bad", "Op (request 2): twice"}, r.recorder.Violations()); diff != "" {
		t.Error(diff)
	}
	if r.recorder.Count("Op") != 2 || r.recorder.Count("") != 2 || r.recorder.Count("Other") != 0 || r.recorder.Counts()["Op"] != 2 {
		t.Errorf("counts %v", r.recorder.Counts())
	}
	want := "[INFO]  Op: status=200 apps=2 name=\"two words\" ms=0\n" + "[ERROR] Op: status=400 ms=0 violation=\"the body is bad; twice\"\n"
	if got := r.log.String(); strings.ReplaceAll(got, "ms=1", "ms=0") != want {
		t.Errorf("log\n%swant\n%s", got, want)
	}
	r.recorder.Reset()
	if len(r.recorder.All()) != 0 || r.recorder.Count("") != 0 || r.recorder.Violations() != nil {
		t.Error("something is left after Reset")
	}
}

func TestRecorderLimits(t *testing.T) {
	t.Parallel()
	r := newRig(t, httptest.NewServer)
	for range 200 {
		r.post("0123456789")
	}
	r.recorder.Limit(3, 4)
	for range 100 {
		r.post("abcdefghij")
	}
	all := r.recorder.All()
	if len(all) != 3 || all[2].Seq != 300 || string(all[2].Body) != "abcd" || r.recorder.Count("Op") != 300 {
		t.Errorf("%d kept, %+v", len(all), all)
	}
	r.recorder.Limit(0, -1)
	r.post("abc")
	if all := r.recorder.All(); len(all) != 4 || all[3].Body != nil {
		t.Errorf("%+v", all)
	}
	r.recorder.Limit(-1, 0)
	r.post("bad")
	if len(r.recorder.All()) != 0 || r.recorder.Count("") != 302 || len(r.recorder.Violations()) != 2 {
		t.Error("counts and violations have to stay")
	}
}

func TestNilRecorderAndFaults(t *testing.T) {
	t.Parallel()
	var recorder *wire.Recorder
	var faults *wire.Faults
	recorder.Limit(1, 1)
	recorder.Reset()
	if recorder.All() != nil || recorder.Count("x") != 0 || len(recorder.Counts()) != 0 || recorder.Violations() != nil ||
		recorder.MaxInFlight() != 0 || faults.All() != nil || faults.Struck() != 0 {
		t.Error("nil is not empty")
	}
	service := wire.Service{}
	w := httptest.NewRecorder()
	service.Handle("Op", func(w http.ResponseWriter, r *http.Request) {
		wire.Note(r, "a", 1)
		wire.Violate(r, "x")
		w.WriteHeader(http.StatusTeapot)
	}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusTeapot {
		t.Errorf("status %d", w.Code)
	}
	outside := httptest.NewRequest(http.MethodGet, "/", nil) // no request of Handle: nothing happens
	wire.Note(outside, "a", 1)
	wire.Violate(outside, "x")
	if _, ok := wire.ServiceFault(outside); ok || wire.Body(outside) != nil {
		t.Error("a foreign request has a fault or body")
	}
}

func TestFaultKinds(t *testing.T) {
	t.Parallel()
	tests := map[wire.FaultKind]struct {
		fault  wire.Fault
		worked int32
		status int // 0: an error before the answer
		body   string
		cut    bool // the body ends early
		header map[string]string
	}{
		wire.Throttle: {
			fault: wire.Fault{RetryAfter: "7"}, status: 429, body: `{"own":"throttled"}`, header: map[string]string{"Retry-After": "7", "X-Own": "yes"},
		},
		wire.ServerError: {status: 500, body: `{"error":"internal server error"}`},
		wire.Unavailable: {fault: wire.Fault{RetryAfter: "3"}, status: 503, body: "<h1>503 Service Unavailable</h1>", header: map[string]string{"Retry-After": "3"}},
		wire.HTML:        {status: 200, body: "<h1>200 OK</h1>", header: map[string]string{"Content-Type": "text/html; charset=utf-8"}},
		wire.Slow:        {fault: wire.Fault{Delay: 30 * time.Millisecond}, worked: 1, status: 200, body: wholeAnswer},
		wire.ResetBefore: {},
		wire.ResetAfter:  {worked: 1},
		wire.Truncated:   {worked: 1, status: 200, body: wholeAnswer[:len(wholeAnswer)/2], cut: true},
		wire.Half:        {worked: 1, status: 200, body: wholeAnswer[:len(wholeAnswer)/2]},
		wire.Status: {
			fault:  wire.Fault{Status: 502, Body: "bad gateway", Header: http.Header{"x-via": {"proxy"}}, RetryAfter: "1"},
			status: 502, body: "bad gateway", header: map[string]string{"X-Via": "proxy", "Retry-After": "1"},
		},
		wire.Late:        {fault: wire.Fault{RetryAfter: "5"}, status: 504, body: "<h1>504 Gateway Timeout</h1>", header: map[string]string{"Retry-After": "5"}},
		wire.LateReset:   {},
		wire.LateSuccess: {worked: 1, status: 200, body: wholeAnswer}, // the service has no answer for it
		wire.Hook:        {worked: 1, status: 200, body: wholeAnswer},
		"own":            {worked: 1, status: 200, body: wholeAnswer},
	}
	for _, doc := range wire.FaultKinds {
		if _, ok := tests[doc.Kind]; !ok || doc.Doc == "" {
			t.Errorf("fault %s has no test or no sentence", doc.Kind)
		}
	}
	for kind, tt := range tests {
		for name, start := range map[string]func(http.Handler) *httptest.Server{"plain": httptest.NewServer, "TLS": httptest.NewTLSServer, "HTTP2": startHTTP2} {
			t.Run(string(kind)+" "+name, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, start)
				fault := tt.fault
				fault.Kind, fault.Times = kind, 1
				called := false
				fault.Do = func(*http.Request) { called = r.worked.Load() == 0 }
				r.faults.Add(fault)
				begun := time.Now()
				response, body, err := r.post("")
				if took := time.Since(begun); took < fault.Delay {
					t.Errorf("it took %s only", took)
				}
				switch {
				case tt.status == 0:
					if err == nil {
						t.Errorf("answered %s", response.Status)
					}
				case (err != nil) != tt.cut:
					t.Errorf("error %v", err)
				case response.StatusCode != tt.status || !strings.Contains(body, tt.body) || tt.cut && len(body) > len(tt.body):
					t.Errorf("%d %q", response.StatusCode, body)
				}
				for key, want := range tt.header {
					if got := response.Header.Get(key); got != want {
						t.Errorf("%s is %q, want %q", key, got, want)
					}
				}
				if got := r.worked.Load(); got != tt.worked {
					t.Errorf("the handler ran %d times, want %d", got, tt.worked)
				}
				if called != (kind == wire.Hook) {
					t.Errorf("the hook was called: %t", called)
				}
				e := r.recorder.All()[0]
				if e.Fault != string(kind) || e.Status != tt.status || strings.Contains(e.Note, "own=") != (kind == "own") {
					t.Errorf("recorded %+v", e)
				}
				if _, body, err := r.post(""); err != nil || body != wholeAnswer {
					t.Errorf("afterwards %q, %v", body, err)
				}
			})
		}
	}
}

func startHTTP2(h http.Handler) *httptest.Server {
	server := httptest.NewUnstartedServer(h)
	server.EnableHTTP2 = true
	server.StartTLS()
	return server
}

// TestTruncatedEmptyAnswer: an answer without a body announces one that never comes.
func TestTruncatedEmptyAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, httptest.NewServer)
	r.faults.Add(wire.Fault{Kind: wire.Truncated})
	if response, body, err := r.post("empty"); err == nil || response.StatusCode != 200 || body != "" {
		t.Errorf("%v %q %v", response, body, err)
	}
}

func TestFaultsChoose(t *testing.T) {
	t.Parallel()
	r := newRig(t, httptest.NewServer)
	r.faults.Add(wire.Fault{Service: "other", Kind: wire.ServerError})
	r.faults.Add(wire.Fault{Operation: "Other", Kind: wire.ServerError})
	r.faults.Add(wire.Fault{Kind: wire.Status, Status: 501, Match: func(_ *http.Request, body []byte) bool { return string(body) == "match" }})
	r.faults.Add(wire.Fault{Service: "test", Operation: "Op", Kind: wire.Status, Status: 502, After: 2, Times: 2})
	var got []int
	for _, body := range []string{"a", "match", "b", "c", "d", "e"} {
		response, _, err := r.post(body)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, response.StatusCode)
	}
	if diff := cmp.Diff([]int{200, 501, 200, 502, 502, 200}, got); diff != "" {
		t.Error(diff)
	}
	if r.faults.Struck() != 3 || len(r.faults.All()) != 4 {
		t.Errorf("struck %d of %d", r.faults.Struck(), len(r.faults.All()))
	}
	r.faults.Clear()
	if len(r.faults.All()) != 0 {
		t.Error("faults after Clear")
	}
}

func TestProbabilityIsRepeatable(t *testing.T) {
	t.Parallel()
	var runs []string
	for range 2 {
		r := newRig(t, httptest.NewServer)
		r.faults.Seed(42)
		r.faults.Add(wire.Fault{Kind: wire.ServerError, Probability: 0.3})
		var pattern strings.Builder
		for range 100 {
			response, _, err := r.post("")
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprint(&pattern, response.StatusCode/100)
		}
		runs = append(runs, pattern.String())
	}
	if n := strings.Count(runs[0], "5"); runs[0] != runs[1] || n < 15 || n > 45 {
		t.Errorf("%d of 100 struck\n%s\n%s", n, runs[0], runs[1])
	}
}

func TestFaultJSON(t *testing.T) {
	t.Parallel()
	fault := wire.Fault{
		Service: "s", Operation: "o", Kind: wire.Status, RetryAfter: "2", Delay: 1500 * time.Millisecond, After: 1, Times: 2, Probability: 0.5,
		Status: 502, Header: http.Header{"A": {"b"}}, Body: "x", Size: 9,
	}
	text, err := fault.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var got wire.Fault
	if err := got.UnmarshalJSON(text); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fault, got, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Match" || p.Last().String() == ".Do" }, cmp.Ignore())); diff != "" {
		t.Error(diff)
	}
}

// TestSlowEndsWithTheClient: a client that gives up does not keep its request from being acted on.
func TestSlowEndsWithTheClient(t *testing.T) {
	t.Parallel()
	r := newRig(t, httptest.NewServer)
	r.faults.Add(wire.Fault{Kind: wire.Slow, Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := r.client.Do(request); !errors.Is(err, context.DeadlineExceeded) {
		response.Body.Close()
		t.Fatalf("answered: %v", err)
	}
	for deadline := time.Now().Add(10 * time.Second); r.worked.Load() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the handler does not run")
		}
	}
}
