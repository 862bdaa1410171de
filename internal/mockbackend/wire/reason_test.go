// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package wire_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

func TestSetReason(t *testing.T) {
	t.Parallel()
	recorder := &wire.Recorder{}
	service := wire.Service{Name: "test", Recorder: recorder}
	handler := service.Handle("Op", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "Test/1.0")
		wire.SetReason(w, "Grant has been\r\nrevoked")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, r.URL.Query().Get("body"))
	})
	get := func(server *httptest.Server, query string) (*http.Response, string) {
		t.Helper()
		response, err := server.Client().Get(server.URL + query)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, string(body)
	}

	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	for query, want := range map[string]string{"": "", "?body=text": "text"} {
		response, body := get(server, query)
		if response.Status != "400 Grant has been  revoked" || body != want || response.Header.Get("Server") != "Test/1.0" {
			t.Errorf("%q: got %q, %q, %v", query, response.Status, body, response.Header)
		}
	}
	if all := recorder.All(); len(all) != 2 || all[0].Status != http.StatusBadRequest {
		t.Errorf("recorded %+v", all)
	}

	h2 := httptest.NewUnstartedServer(handler)
	h2.EnableHTTP2 = true
	h2.StartTLS()
	t.Cleanup(h2.Close)
	if response, body := get(h2, "?body=text"); response.ProtoMajor != 2 || response.StatusCode != http.StatusBadRequest || body != "text" {
		t.Errorf("HTTP/2: got %q %q", response.Status, body)
	}
}
