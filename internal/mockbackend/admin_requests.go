// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package mockbackend

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// exchangeJSON is a recorded request for people: bodies as text.
type exchangeJSON struct {
	Seq       int         `json:"seq"`
	Service   string      `json:"service"`
	Operation string      `json:"operation"`
	Method    string      `json:"method"`
	Path      string      `json:"path"`
	Query     string      `json:"query,omitempty"`
	Header    http.Header `json:"header"`
	Body      string      `json:"body,omitempty"`
	Status    int         `json:"status"`
	Fault     string      `json:"fault,omitempty"`
	Violation string      `json:"violation,omitempty"`
	Note      string      `json:"note,omitempty"`
	Started   time.Time   `json:"started"`
	Ended     time.Time   `json:"ended,omitzero"`
}

// secretHeaders are not shown, and neither are the bodies of logins.
var secretHeaders = []string{"Authorization", "X-Security-Token", "Apim-Accesstoken", "Apim-Signature"}

const hidden = "(hidden)"

func isLogin(path string) bool {
	lower := strings.ToLower(path)
	return strings.HasPrefix(lower, "/vedauth/") || strings.HasPrefix(lower, "/apim-token-service/")
}

func (b *Backend) listRequests(r *http.Request) (any, error) {
	query := r.URL.Query()
	number := func(name string) (int, error) {
		if !query.Has(name) {
			return 0, nil
		}
		n, err := strconv.Atoi(query.Get(name))
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		return n, nil
	}
	since, err := number("since")
	if err != nil {
		return nil, err
	}
	limit, err := number("limit")
	if err != nil {
		return nil, err
	}
	list := []exchangeJSON{}
	for _, e := range b.Recorder.All() {
		if e.Seq <= since || query.Get("service") != "" && e.Service != query.Get("service") ||
			query.Get("operation") != "" && e.Operation != query.Get("operation") {
			continue
		}
		e.Header = e.Header.Clone() // the recorder's own
		for _, name := range secretHeaders {
			if e.Header.Get(name) != "" {
				e.Header.Set(name, hidden)
			}
		}
		out := exchangeJSON{
			Seq: e.Seq, Service: e.Service, Operation: e.Operation, Method: e.Method, Path: e.Path, Query: e.Query.Encode(),
			Header: e.Header, Status: e.Status, Fault: e.Fault, Violation: e.Violation, Note: e.Note, Started: e.Started, Ended: e.Ended,
		}
		switch {
		case len(e.Body) > 0 && isLogin(e.Path):
			out.Body = hidden
		case utf8.Valid(e.Body):
			out.Body = string(e.Body)
		default:
			out.Body = fmt.Sprintf("%q", e.Body)
		}
		list = append(list, out)
	}
	if limit > 0 && len(list) > limit {
		list = list[len(list)-limit:] // the newest
	}
	return list, nil
}
