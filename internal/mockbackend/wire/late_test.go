// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package wire_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// The work of a request is done as many requests and as much time later as the fault says.
func TestLateEffects(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault  wire.Fault
		status int
		body   string
		// worked is how often the handler ran when each of the requests that follow was answered.
		worked []int32
	}{
		"at once":         {wire.Fault{Kind: wire.Late}, 504, "504", []int32{2, 3}},
		"another status":  {wire.Fault{Kind: wire.Late, Status: 502}, 502, "502", []int32{2}},
		"two requests":    {wire.Fault{Kind: wire.LateReset, EffectRequests: 2}, 0, "", []int32{1, 2, 4}},
		"a second":        {wire.Fault{Kind: wire.LateReset, EffectDelay: time.Second}, 0, "", []int32{1, 2, 4}},
		"both":            {wire.Fault{Kind: wire.Late, EffectRequests: 1, EffectDelay: time.Second}, 504, "", []int32{1, 2, 4}},
		"success at once": {wire.Fault{Kind: wire.LateSuccess, EffectRequests: 1}, 200, `{"own":"accepted"}`, []int32{1, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, httptest.NewServer)
			var now atomic.Int64
			r.service.Now = func() time.Time { return time.Unix(0, now.Load()) }
			r.service.SuccessBody = func(operation string) (int, http.Header, []byte, bool) {
				return http.StatusOK, nil, []byte(`{"own":"accepted"}`), operation == "Op"
			}
			tt.fault.Times = 1
			r.faults.Add(tt.fault)
			response, body, err := r.post("")
			if (err == nil) != (tt.status > 0) || err == nil && (response.StatusCode != tt.status || !strings.Contains(body, tt.body)) {
				t.Errorf("%v %q %v", response, body, err)
			}
			if r.worked.Load() != 0 || r.faults.Unsettled() != 1 {
				t.Errorf("%d times done, %d to come", r.worked.Load(), r.faults.Unsettled())
			}
			for i, want := range tt.worked {
				if _, body, err := r.post(""); err != nil || body != wholeAnswer {
					t.Errorf("request %d: %q, %v", i, body, err)
				}
				if got := r.worked.Load(); got != want {
					t.Errorf("request %d: done %d times, want %d", i, got, want)
				}
				now.Add(int64(600 * time.Millisecond))
			}
			if r.faults.Unsettled() != 0 {
				t.Error("not settled")
			}
		})
	}
}

// Settle does at once what is still to come; requests of another service bring nothing nearer.
func TestSettle(t *testing.T) {
	t.Parallel()
	r := newRig(t, httptest.NewServer)
	other := &wire.Service{Name: "other", Faults: r.faults}
	r.faults.Add(wire.Fault{Kind: wire.Late, Times: 2, EffectRequests: 5})
	for range 2 {
		if _, _, err := r.post(""); err != nil {
			t.Fatal(err)
		}
	}
	for range 9 {
		other.Handle("Op", func(http.ResponseWriter, *http.Request) {}).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}
	r.faults.Clear()
	if r.worked.Load() != 0 || r.faults.Unsettled() != 2 {
		t.Errorf("%d times done, %d to come", r.worked.Load(), r.faults.Unsettled())
	}
	r.faults.Settle()
	if r.worked.Load() != 2 || r.faults.Unsettled() != 0 {
		t.Errorf("%d times done, %d to come", r.worked.Load(), r.faults.Unsettled())
	}
	var none *wire.Faults
	none.Settle()
	if none.Unsettled() != 0 {
		t.Error("no faults have effects")
	}
}

func TestHookAfter(t *testing.T) {
	t.Parallel()
	r := newRig(t, httptest.NewServer)
	worked := int32(-1)
	r.faults.Add(wire.Fault{Kind: wire.HookAfter, Do: func(*http.Request) { worked = r.worked.Load() }})
	if _, body, err := r.post(""); err != nil || body != wholeAnswer || worked != 1 {
		t.Errorf("%q, %v, hook after %d", body, err, worked)
	}
}

func TestLateFaultAsJSON(t *testing.T) {
	t.Parallel()
	text := `{"kind":"late","effect_requests":2,"effect_delay":"1.5s"}`
	var fault wire.Fault
	if err := json.Unmarshal([]byte(text), &fault); err != nil || fault.EffectRequests != 2 || fault.EffectDelay != 1500*time.Millisecond {
		t.Errorf("%+v, %v", fault, err)
	}
	if again, err := json.Marshal(fault); err != nil || string(again) != text {
		t.Errorf("%s, %v", again, err)
	}
	if err := json.Unmarshal([]byte(`{"kind":"late","effect_delay":"soon"}`), &fault); err == nil || !strings.Contains(err.Error(), "effect_delay") {
		t.Error(err)
	}
}
