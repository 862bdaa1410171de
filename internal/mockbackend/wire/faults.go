// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// FaultKind names what goes wrong with a request. The kinds below are played by this package; any
// other kind is left to the service's handler, which finds it with [ServiceFault].
type FaultKind string

// Faults that every service can suffer.
const (
	// Throttle answers 429 with the service's own body; the handler does not run.
	Throttle FaultKind = "throttle"
	// ServerError answers the service's own 500; the handler does not run.
	ServerError FaultKind = "server_error"
	// Unavailable answers 503 with the HTML page of an intermediary; the handler does not run.
	Unavailable FaultKind = "unavailable"
	// Slow waits for Delay, or until the client gives up; then the handler runs, as a real service
	// acts on a request whose client is gone.
	Slow FaultKind = "slow"
	// ResetBefore resets the connection before the handler runs.
	ResetBefore FaultKind = "reset_before"
	// ResetAfter runs the handler and then resets the connection: the answer is lost.
	ResetAfter FaultKind = "reset_after"
	// Truncated runs the handler, sends half of its answer and closes the connection.
	Truncated FaultKind = "truncated"
	// Half runs the handler and sends half of its answer as if that were all.
	Half FaultKind = "half"
	// HTML answers 200 with the HTML page of an intermediary; the handler does not run.
	HTML FaultKind = "html"
	// Status answers with the fault's own Status, Header and Body; the handler does not run.
	Status FaultKind = "status"
	// Late answers 504, or Status, with the HTML page of an intermediary; LateReset resets the
	// connection; LateSuccess answers a write as if all were done. The handler runs later: after
	// EffectRequests more requests of the service and EffectDelay, before the request that finds
	// both passed, or with [Faults.Settle].
	Late        FaultKind = "late"
	LateReset   FaultKind = "late_reset"
	LateSuccess FaultKind = "late_success"
	// Hook calls the fault's Do before the handler, which then runs as usual; HookAfter calls it
	// after the handler, before the answer leaves. For tests that change the world between two
	// requests or hold one back.
	Hook      FaultKind = "hook"
	HookAfter FaultKind = "hook_after"
)

// Fault says which requests go wrong and how.
type Fault struct {
	// Service and Operation choose the requests; "" is any.
	Service, Operation string
	Kind               FaultKind
	// RetryAfter is the Retry-After header of Throttle and Unavailable; "" sends none.
	RetryAfter string
	// Delay is waited for before the fault, whatever its kind.
	Delay time.Duration
	// After lets that many matching requests through first.
	After int
	// Times is how often the fault strikes; 0 is for ever.
	Times int
	// Probability of striking, drawn for each matching request; 0 means 1.
	Probability float64
	// Status, Header and Body make the answer of kind Status. Status is also at the disposal of a
	// service's own kinds.
	Status int
	Header http.Header
	Body   string
	// Size is at the disposal of a service's own kinds, for example the number of bytes of a giant
	// answer.
	Size int64
	// EffectRequests and EffectDelay say when the work of the late kinds is done.
	EffectRequests int
	EffectDelay    time.Duration
	// Match, where set, must also accept the request.
	Match func(r *http.Request, body []byte) bool
	// Do is called by the kinds Hook and HookAfter.
	Do func(r *http.Request)
}

// faultJSON is Fault as a person writes it: durations as "2s", no functions.
type faultJSON struct {
	Service     string      `json:"service,omitempty"`
	Operation   string      `json:"operation,omitempty"`
	Kind        FaultKind   `json:"kind"`
	RetryAfter  string      `json:"retry_after,omitempty"`
	Delay       string      `json:"delay,omitempty"`
	After       int         `json:"after,omitempty"`
	Times       int         `json:"times,omitempty"`
	Probability float64     `json:"probability,omitempty"`
	Status      int         `json:"status,omitempty"`
	Header      http.Header `json:"header,omitempty"`
	Body        string      `json:"body,omitempty"`
	Size        int64       `json:"size,omitempty"`

	EffectRequests int    `json:"effect_requests,omitempty"`
	EffectDelay    string `json:"effect_delay,omitempty"`
}

// MarshalJSON writes the form that UnmarshalJSON reads.
func (f Fault) MarshalJSON() ([]byte, error) {
	j := faultJSON{
		Service: f.Service, Operation: f.Operation, Kind: f.Kind, RetryAfter: f.RetryAfter, After: f.After, Times: f.Times,
		Probability: f.Probability, Status: f.Status, Header: f.Header, Body: f.Body, Size: f.Size, EffectRequests: f.EffectRequests,
	}
	if f.Delay != 0 {
		j.Delay = f.Delay.String()
	}
	if f.EffectDelay != 0 {
		j.EffectDelay = f.EffectDelay.String()
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads
// {"service","operation","kind","retry_after","delay":"2s","after","times","probability",
// "status","header","body","size","effect_requests","effect_delay":"2s"} and refuses other keys.
func (f *Fault) UnmarshalJSON(data []byte) error {
	var j faultJSON
	if err := DecodeStrict(data, &j); err != nil {
		return err
	}
	*f = Fault{
		Service: j.Service, Operation: j.Operation, Kind: j.Kind, RetryAfter: j.RetryAfter, After: j.After, Times: j.Times,
		Probability: j.Probability, Status: j.Status, Header: j.Header, Body: j.Body, Size: j.Size, EffectRequests: j.EffectRequests,
	}
	if j.Kind == "" {
		return errors.New("a fault needs a kind")
	}
	for _, d := range []struct {
		name, text string
		into       *time.Duration
	}{{"delay", j.Delay, &f.Delay}, {"effect_delay", j.EffectDelay, &f.EffectDelay}} {
		if d.text == "" {
			continue
		}
		var err error
		if *d.into, err = time.ParseDuration(d.text); err != nil {
			return fmt.Errorf("fault %s: %w", d.name, err)
		}
	}
	return nil
}

// Faults are the faults in force. The zero value has none and is ready for use; a nil Faults never
// strikes. It is safe for concurrent use.
type Faults struct {
	mu      sync.Mutex
	entries []*faultEntry
	effects []effect
	random  *rand.Rand
	struck  int
}

type faultEntry struct {
	Fault
	seen, struck int
}

// Add puts a fault in force. Where several match a request, the one added first strikes.
func (f *Faults) Add(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.entries = append(f.entries, &faultEntry{Fault: fault})
}

// Clear ends all faults. Effects that are still to come do come.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.entries = nil
}

// All returns the faults in force, also those that have struck all their Times.
func (f *Faults) All() []Fault {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]Fault, len(f.entries))
	for i, e := range f.entries {
		all[i] = e.Fault
	}
	return all
}

// Struck returns how often faults have struck since the beginning.
func (f *Faults) Struck() int {
	if f == nil {
		return 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.struck
}

// Seed makes the draws of Probability repeatable.
func (f *Faults) Seed(seed int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.random = rand.New(rand.NewPCG(uint64(seed), 0x9e3779b97f4a7c15))
}

// pick returns the fault that strikes this request.
func (f *Faults) pick(service, operation string, r *http.Request, body []byte) (Fault, bool) {
	if f == nil {
		return Fault{}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.entries {
		if e.Service != "" && e.Service != service || e.Operation != "" && e.Operation != operation {
			continue
		}
		if e.Match != nil && !e.Match(r, body) {
			continue
		}
		e.seen++
		if e.seen <= e.After || e.Times > 0 && e.struck >= e.Times {
			continue
		}
		if e.Probability > 0 && f.draw() >= e.Probability {
			continue
		}
		e.struck++
		f.struck++
		return e.Fault, true
	}
	return Fault{}, false
}

func (f *Faults) draw() float64 {
	if f.random == nil {
		return rand.Float64()
	}
	return f.random.Float64()
}

// FaultDoc describes a kind of fault for people.
type FaultDoc struct {
	Kind FaultKind
	Doc  string
}

// FaultKinds are the kinds that this package plays for every service.
var FaultKinds = []FaultDoc{
	{Throttle, "429 with the service's own body; retry_after sets the header; nothing is done"},
	{ServerError, "the service's own 500; nothing is done"},
	{Unavailable, "503 with an intermediary's HTML page; nothing is done"},
	{Slow, "waits for delay, then works"},
	{ResetBefore, "resets the connection; nothing is done"},
	{ResetAfter, "does the work and resets the connection: the answer is lost"},
	{Truncated, "does the work, sends half of the answer and closes the connection"},
	{Half, "does the work and sends half of the answer as if it were all"},
	{HTML, "200 with an intermediary's HTML page; nothing is done"},
	{Status, "answers with status, header and body as given; nothing is done"},
	{Late, "504, or status; the work is done after effect_requests more requests and effect_delay"},
	{LateReset, "resets the connection; the work is done as late as that of kind late"},
	{LateSuccess, "answers a write with success; the work is done as late as that of kind late"},
}
