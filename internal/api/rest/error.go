// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is a request that failed: what was asked, what the service said, and what to do about it.
// It never holds a header, a query or a body that was sent.
type Error struct {
	// Service and Operation name the call, Method and Path the HTTP request (without its query).
	Service, Operation, Method, Path string
	// Status is the HTTP status of the last answer, 0 when there was none, and StatusText its
	// reason phrase as sent.
	Status     int
	StatusText string
	// Code, Message and RequestID are the service's own words.
	Code, Message, RequestID string
	// Hint says what to do, as one or more sentences.
	Hint string
	// Attempts is how many times the request was sent.
	Attempts int
	// Transient tells that the same request may succeed later.
	Transient bool
	// Unsent tells that the service surely did not act on any attempt.
	Unsent bool
	// Unanswered tells that the outcome of an attempt is unknown, whatever the next one was
	// answered: the service may have got it, and nothing says what became of it. Only a reading can
	// tell, and not at once.
	Unanswered bool
	// RetryAfter is what the service asked to wait, 0 when it did not.
	RetryAfter time.Duration
	// Err is the cause: a network error, a decoding error, or the end of the context.
	Err error

	page   []byte // an answer that is no JSON, to be quoted once its secrets are hidden
	quoted string // the beginning of such an answer, behind the message
}

// Error gives one line such as "Huawei Cloud Workspace: BatchUpdateAppAuthorizations: 404 Not
// Found: WKS.00211902: The application does not exist (request id 0a1b, after 6 attempts)",
// followed by the hint.
func (e *Error) Error() string {
	var b strings.Builder
	part := func(s string) {
		if s == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteString(": ")
		}
		b.WriteString(s)
	}
	part(e.Service)
	part(e.Operation)
	if e.Status != 0 {
		text := e.StatusText
		if text == "" {
			text = http.StatusText(e.Status)
		}
		part(strings.TrimSpace(strconv.Itoa(e.Status) + " " + clean(text)))
	}
	part(clean(e.Code))
	if m := clean(e.Message); m != e.Code {
		part(unpointed(m) + e.quoted)
	}
	if e.Err != nil {
		part(unpointed(clean(strings.ReplaceAll(e.Err.Error(), context.Canceled.Error(), "the run was interrupted"))))
	}
	var notes []string
	if e.RequestID != "" {
		notes = append(notes, "request id "+clean(e.RequestID))
	}
	if e.Attempts > 1 {
		notes = append(notes, fmt.Sprintf("after %d attempts", e.Attempts))
	}
	if len(notes) > 0 {
		b.WriteString(" (" + strings.Join(notes, ", ") + ")")
	}
	if e.Hint != "" {
		b.WriteString(". " + e.Hint)
	}
	return b.String()
}

// unpointed drops the full stop at the end of a sentence of the service, behind which the text goes
// on.
func unpointed(s string) string {
	if strings.HasSuffix(s, "..") {
		return s
	}
	return strings.TrimSuffix(s, ".")
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }
