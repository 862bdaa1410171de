// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"net/http"
	"sync/atomic"
)

// throttles counts the answers 429 of a service.
type throttles struct {
	http.Handler

	n atomic.Int64
}

func (t *throttles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t.Handler.ServeHTTP(&statusWriter{w, t}, r)
}

// take returns the count and begins anew.
func (t *throttles) take() int { return int(t.n.Swap(0)) }

type statusWriter struct {
	http.ResponseWriter

	t *throttles
}

func (w *statusWriter) WriteHeader(status int) {
	if status == http.StatusTooManyRequests {
		w.t.n.Add(1)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController through.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
