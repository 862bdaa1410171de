// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

const (
	defaultRequestTimeout = 90 * time.Second
	// Five waits that double from here last 77.5 s and more: longer than a quota's window of one
	// minute.
	defaultRetryWaitMin = 2500 * time.Millisecond
	maxRetryWait        = 60 * time.Second
	maxRetryAfter       = 5 * time.Minute
	// A server that no connection was ever made to has more likely a wrong address than a restart:
	// it is tried so often again, with these waits, and not after an attempt that has itself taken
	// that long, since TCP has then tried again by itself.
	unreachedRetries     = 2
	unreachedWait        = time.Second
	unreachedAttempt     = 10 * time.Second
	defaultMaxConcurrent = 8
	defaultMaxBodyBytes  = 16 << 20
	maxErrorBodyBytes    = 64 << 10
)

// Config describes a Client.
type Config struct {
	// Service is the name in errors and logs, such as "Huawei Cloud Workspace".
	Service string
	// BaseURL is scheme://host[:port][/prefix]; see CheckURL.
	BaseURL string
	// AddressFrom names what people set to change BaseURL, such as "gateway_url". It is for hints.
	AddressFrom string
	// UserAgent is sent with every request when not "".
	UserAgent string
	// CACertificate is PEM text, appended to the roots of the system.
	CACertificate string
	// InsecureSkipVerify switches the check of the server's certificate off.
	InsecureSkipVerify bool
	// ClientCertificate is shown to servers that ask for one.
	ClientCertificate *tls.Certificate
	// HTTP1Only keeps HTTP/2 off and allows one TLS renegotiation. With a ClientCertificate it also
	// caps TLS at 1.2: IIS asks for client certificates by renegotiation, and Go's TLS 1.3 has no
	// authentication after the handshake.
	HTTP1Only bool
	// RequestTimeout bounds one attempt, reading the body included, waiting in a queue excluded. 0
	// is 90 s.
	RequestTimeout time.Duration
	// MaxRetries is the number of attempts after the first.
	MaxRetries int
	// RetryWaitMin is the first wait, 0 is 2.5 s. Waits double up to 60 s, plus up to a quarter of
	// jitter.
	RetryWaitMin time.Duration
	// Quota is what the service allows. All requests of the Client share it.
	Quota Quota
	// MaxConcurrent is the number of requests in flight, 0 is 8.
	MaxConcurrent int
	// MaxBodyBytes is the longest answer that is accepted, after decompression; 0 is 16 MiB. A
	// longer one is an error.
	MaxBodyBytes int64
	// Authorize is called last on every attempt, with the bytes of the body, and may set headers.
	// Nothing alters the request afterwards, except that HTTP itself adds Host, Content-Length and
	// Accept-Encoding. It may send requests of Kind Login through the same Client. Its errors are
	// not repeated.
	Authorize func(ctx context.Context, r *http.Request, body []byte) error
	// Settled, when set, is called once after each attempt that Authorize let through: with nil
	// when it succeeded, else with what failed. It must not change the Error.
	Settled func(e *Error)
	// Classify reads a failure that the service answered (a status below 200 or above 399). It sets
	// Code, Message, RequestID, Hint, Transient and Unsent; the Client fills in the rest. nil, or
	// an Error without Code and Message, is replaced or completed by a general reading. 429, 502,
	// 503 and 504 are Transient whatever it says.
	Classify func(a Answer) *Error
	// Secrets never show in an error or a log line, whatever the service answers: passwords that
	// travel in a body. Headers and query values that authorize are known by their names and need
	// not be listed.
	Secrets []string
	// Logger may be nil.
	Logger Logger
	// Dial opens connections. It is for tests; nil dials as usual.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Transport, when set, is given what sends requests and returns what is used in its place: for
	// who looks at the raw wire. It sees each attempt as it is sent, authorization included.
	Transport func(http.RoundTripper) http.RoundTripper
}

// Answer is a failure as the service answered it.
type Answer struct {
	Status     int
	StatusText string // the reason phrase as sent; HTTP/2 has none
	Header     http.Header
	Body       []byte // the first 64 KiB
}

// Level is the importance of a log line.
type Level int

// Levels, in rising order.
const (
	LevelTrace Level = iota
	LevelDebug
	LevelInfo
	LevelWarn
)

// Logger takes what happens on the wire: operations, paths, statuses and durations, never bodies,
// queries, headers or tokens.
type Logger interface {
	// Enabled tells whether a line of this level would be seen by anybody. There is one line for
	// every request, so that making them for nobody costs.
	Enabled(ctx context.Context, level Level) bool
	Log(ctx context.Context, level Level, msg string, fields map[string]any)
}
