// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package hostile_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/hostile"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

var bodies = hostile.Bodies{
	Head: `{"items":[`, Element: `{"id":"x"}`, Tail: `]}`, TextHead: `{"text":"`, TextTail: `"}`,
	Nulls: `{"items":null}`, WrongTypes: `{"items":7}`, InvalidUTF8: "{\"items\":[\"\xff\"]}",
}

type answer struct {
	StatusCode int
	Header     http.Header
}

// get plays one fault; the body is the handler's own "{}" when the fault leaves the answer to it.
func get(t *testing.T, fault wire.Fault) (answer, string) {
	t.Helper()
	faults := &wire.Faults{}
	faults.Add(fault)
	service := wire.Service{Faults: faults}
	server := httptest.NewServer(service.Handle("Op", func(w http.ResponseWriter, r *http.Request) {
		if fault, ok := wire.ServiceFault(r); ok && bodies.Play(w, r, fault) {
			return
		}
		wire.WriteJSON(w, http.StatusOK, map[string]any{})
	}))
	t.Cleanup(server.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/a?b=c", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header}, string(body)
}

func TestRedirect(t *testing.T) {
	t.Parallel()
	response, _ := get(t, wire.Fault{Kind: hostile.Redirect})
	if got := response.Header.Get("Location"); response.StatusCode != http.StatusFound || got != "https://elsewhere.invalid/a?b=c" {
		t.Errorf("got %d to %q", response.StatusCode, got)
	}
	response, _ = get(t, wire.Fault{Kind: hostile.Redirect, Body: "http://127.0.0.1:1/"})
	if got := response.Header.Get("Location"); got != "http://127.0.0.1:1/" {
		t.Errorf("got %q", got)
	}
}

func TestGiants(t *testing.T) {
	t.Parallel()
	for _, kind := range []wire.FaultKind{hostile.GiantBody, hostile.GiantString} {
		const size = 1 << 20
		response, body := get(t, wire.Fault{Kind: kind, Size: size})
		if response.StatusCode != http.StatusOK || len(body) < size || len(body) > size+1<<13 || !json.Valid([]byte(body)) {
			t.Errorf("%s: status %d, %d bytes", kind, response.StatusCode, len(body))
		}
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	for kind, want := range map[wire.FaultKind]string{
		hostile.NullBody: "null", hostile.DeepBody: "[[[[", hostile.Nulls: bodies.Nulls, hostile.WrongTypes: bodies.WrongTypes,
		hostile.InvalidUTF8: bodies.InvalidUTF8, hostile.UnknownEnum: "{}", "another": "{}", hostile.WrongContentType: "{}",
	} {
		response, body := get(t, wire.Fault{Kind: kind})
		if !strings.HasPrefix(body, want) {
			t.Errorf("%s: got %.80q, want %q", kind, body, want)
		}
		if got := response.Header.Get("Content-Type") == "text/html"; got != (kind == hostile.WrongContentType) {
			t.Errorf("%s: %v", kind, response.Header)
		}
		if kind == hostile.InvalidUTF8 && utf8.ValidString(body) {
			t.Error("the text is UTF-8")
		}
	}
}

func TestEveryKindIsDescribed(t *testing.T) {
	t.Parallel()
	if len(hostile.FaultKinds) != 10 {
		t.Errorf("%d kinds", len(hostile.FaultKinds))
	}
}
