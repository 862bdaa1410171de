// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"io"
	"net/http"
	"net/url"
	"time"
)

// Kind says which part of a Quota a request counts against.
type Kind int

const (
	// Read counts against Quota.Read.
	Read Kind = iota
	// Write counts against Quota.Write.
	Write
	// Login counts against nothing and waits for nobody: a token that other requests need while
	// they hold their place in the queue. An Authorize function that fetches a token through the
	// same Client must use it, since it runs inside an attempt that holds a place.
	Login
)

// Repeat says which failures of a request may be answered by sending it again.
type Repeat int

const (
	// RepeatSafe is for requests that may be acted on twice without harm: repeated on 429, 502, 503
	// and 504, on connection failures and timeouts, on truncated and undecodable answers, and on
	// whatever Classify or Decode call Transient.
	RepeatSafe Repeat = iota
	// RepeatUnsent repeats only a transient failure of which it is certain that the service did not
	// act on it (Error.Unsent): 429, a connection that could not be opened, and what Classify marks
	// as both Transient and Unsent.
	RepeatUnsent
	// RepeatNever sends a request once.
	RepeatNever
)

// Quota is the number of requests that may reach a service in any 60 seconds. 0 means no limit.
type Quota struct{ Read, Write int }

// Request is one call of a service. The zero value of every optional field is usable.
type Request struct {
	// Operation is the service vendor's name of the call, such as "ListAppAuthorizations". Errors
	// and logs carry it.
	Operation string
	// Method is the HTTP method; "" is GET.
	Method string
	// Path is the decoded path below Config.BaseURL. Characters that a path may not hold are
	// escaped on the wire, "/" is not.
	Path string
	// Segments are appended to Path, each as exactly one path segment: everything but A-Z a-z 0-9 -
	// . _ ~ is escaped, "/" included.
	Segments []string
	// Query is sent with sorted keys and the same escaping; a space is %20, never "+".
	Query url.Values
	// Header is sent too. Content-Type defaults to application/json where there is a body, Accept
	// to application/json.
	Header http.Header
	// Body is marshalled to JSON once, so that every attempt sends the same bytes. []byte is sent
	// as it is, nil means no body.
	Body any
	// BodyFunc replaces Body and is called for every attempt, for bodies that carry a time stamp.
	BodyFunc func() ([]byte, error)
	// Kind is the quota that the request counts against.
	Kind Kind
	// Repeat says which failures are tried again.
	Repeat Repeat
	// Grace lets an attempt that is in flight when ctx ends go on for that long, so that the
	// outcome of a write is known.
	Grace time.Duration
	// Decode reads the body of a 2xx answer, inside the attempt: a body that ends early is a
	// failure of that attempt. It may be called once for each attempt and must start afresh each
	// time. To have the request sent again it returns an *Error that is Transient. nil discards the
	// body.
	Decode func(status int, header http.Header, body io.Reader) error
	// MaxBodyBytes overrides Config.MaxBodyBytes when positive.
	MaxBodyBytes int64
}
