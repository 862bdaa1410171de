// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
)

// MaxBodyBytes is the largest request body that is read at all; services have limits of their own
// below it.
const MaxBodyBytes = 64 << 20

// Service is what one mock service has in common with the others. Every field may be left zero.
type Service struct {
	// Name is how the service is called in records, faults and logs: "huaweicloud", "enos",
	// "venafi".
	Name string
	// Log gets one line for each request.
	Log hclog.Logger
	// Now is the service's clock.
	Now func() time.Time
	// Recorder keeps the requests, Faults spoils them. Several services may share them.
	Recorder *Recorder
	Faults   *Faults
	// Latency is waited for before each request is handled.
	Latency time.Duration
	// ThrottleBody makes the answer of a Throttle fault, ErrorBody that of a ServerError fault.
	ThrottleBody, ErrorBody func() (status int, header http.Header, body []byte)
	// SuccessBody makes the answer of a LateSuccess fault; ok is false for an operation that
	// changes nothing.
	SuccessBody func(operation string) (status int, header http.Header, body []byte, ok bool)
}

// Time returns the service's time.
func (s *Service) Time() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

func (s *Service) log() hclog.Logger {
	if s.Log == nil {
		return hclog.NewNullLogger()
	}
	return s.Log
}

type contextKey struct{}

// state is what this package knows about a request under way.
type state struct {
	recorder *Recorder
	exchange *Exchange
	body     []byte
	fault    *Fault
	notes    []any
}

func stateOf(r *http.Request) *state {
	s, _ := r.Context().Value(contextKey{}).(*state)
	return s
}

// Body returns the whole request body. It may be read again through r.Body too. The slice must not
// be changed.
func Body(r *http.Request) []byte {
	if s := stateOf(r); s != nil {
		return s.body
	}
	return nil
}

// Violate reports that the request is one that a correct client never sends: a bad signature, a
// limit broken, a malformed body, an unknown field.
func Violate(r *http.Request, format string, args ...any) {
	if s := stateOf(r); s != nil {
		s.recorder.violate(s.exchange, fmt.Sprintf(format, args...))
	}
}

// Note adds pairs of key and value to the request's log line and record. Never a secret.
func Note(r *http.Request, pairs ...any) {
	s := stateOf(r)
	if s == nil {
		return
	}
	s.recorder.update(func() {
		s.notes = append(s.notes, pairs...)
		for i := 0; i+1 < len(pairs); i += 2 {
			if s.exchange.Note != "" {
				s.exchange.Note += " "
			}
			s.exchange.Note += fmt.Sprintf("%v=%v", pairs[i], pairs[i+1])
		}
	})
}

// ServiceFault returns the fault that strikes this request when its kind is none that this package
// plays itself.
func ServiceFault(r *http.Request) (Fault, bool) {
	if s := stateOf(r); s != nil && s.fault != nil {
		return *s.fault, true
	}
	return Fault{}, false
}

// Handle wraps the handler of one operation: it records the request, plays faults and logs a line.
// The answer leaves only after the record is complete, unless the handler flushes, which streams
// from there on.
func (s *Service) Handle(operation string, h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBodyBytes))
		e := &Exchange{
			Service: s.Name, Operation: operation, Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(),
			Header: r.Header.Clone(), Body: s.Recorder.keptBody(body), Started: time.Now(),
		}
		s.Recorder.begin(e)
		defer s.Recorder.end()

		st := &state{recorder: s.Recorder, exchange: e, body: body}
		r = r.WithContext(context.WithValue(r.Context(), contextKey{}, st))
		r.Body = io.NopCloser(bytes.NewReader(body))
		b := &buffered{w: w, s: s, e: e, st: st, start: e.Started}
		if err != nil {
			if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
				Violate(r, "body of more than %d bytes", tooLarge.Limit)
				b.WriteHeader(http.StatusRequestEntityTooLarge)
				b.finish()
				return
			}
			b.drop(w, "the client broke off its request")
			return
		}
		pause(r.Context(), s.Latency)
		s.Faults.arrive(s.Name, s.Time())
		fault, struck := s.Faults.pick(s.Name, operation, r, body)
		if !struck {
			h(b, r)
			b.finish()
			return
		}
		s.Recorder.update(func() { e.Fault = string(fault.Kind) })
		pause(r.Context(), fault.Delay)
		s.play(fault, b, w, r, st, h)
	})
}

// play answers a request that a fault strikes.
func (s *Service) play(fault Fault, b *buffered, w http.ResponseWriter, r *http.Request, st *state, h http.HandlerFunc) {
	switch fault.Kind {
	case Throttle:
		s.answer(b, s.ThrottleBody, http.StatusTooManyRequests, fault.RetryAfter)
	case ServerError:
		s.answer(b, s.ErrorBody, http.StatusInternalServerError, fault.RetryAfter)
	case Unavailable:
		writeHTML(b, http.StatusServiceUnavailable, fault.RetryAfter)
	case HTML:
		writeHTML(b, http.StatusOK, "")
	case Status:
		for key, values := range fault.Header {
			b.Header()[http.CanonicalHeaderKey(key)] = values
		}
		if fault.RetryAfter != "" {
			b.Header().Set("Retry-After", fault.RetryAfter)
		}
		b.WriteHeader(fault.Status)
		_, _ = b.Write([]byte(fault.Body))
	case ResetBefore:
		b.drop(w, "")
		return
	case ResetAfter:
		h(b, r)
		b.drop(w, "")
		return
	case Truncated:
		h(b, r)
		b.truncate()
		return
	case Half:
		h(b, r)
		b.body.Truncate(b.body.Len() / 2)
		b.Header().Del("Content-Length")
	case Slow:
		h(b, r)
	case Hook:
		if fault.Do != nil {
			fault.Do(r)
		}
		h(b, r)
	case HookAfter:
		h(b, r)
		if fault.Do != nil {
			fault.Do(r)
		}
	case Late, LateReset, LateSuccess:
		if !s.late(fault, b, w, r, h) {
			return
		}
	default:
		st.fault = &fault
		h(b, r)
	}
	b.finish()
}

func (s *Service) answer(w http.ResponseWriter, body func() (int, http.Header, []byte), status int, retryAfter string) {
	content := []byte(`{"error":"` + strings.ToLower(http.StatusText(status)) + `"}`)
	header := http.Header{"Content-Type": {"application/json"}}
	if body != nil {
		status, header, content = body()
	}
	if retryAfter != "" {
		w.Header().Set("Retry-After", retryAfter)
	}
	writeAnswer(w, status, header, content)
}

func writeHTML(w http.ResponseWriter, status int, retryAfter string) {
	if retryAfter != "" {
		w.Header().Set("Retry-After", retryAfter)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html>\n<html><head><title>%s</title></head>\n<body><center><h1>%s</h1></center><hr></body></html>\n", title, title)
}

// pause waits, but not longer than the client does.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
