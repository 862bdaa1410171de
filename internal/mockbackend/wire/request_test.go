// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package wire_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

func TestInFlight(t *testing.T) {
	t.Parallel()
	r := newRig(t, httptest.NewServer)
	arrived, release := make(chan bool, 3), make(chan bool)
	r.faults.Add(wire.Fault{Kind: wire.Hook, Do: func(*http.Request) {
		arrived <- true
		<-release
	}})
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() { r.post("") })
	}
	for range 3 {
		<-arrived
	}
	for _, e := range r.recorder.All() {
		if e.Status != 0 || !e.Ended.IsZero() {
			t.Errorf("a request under way is recorded as %+v", e)
		}
	}
	close(release)
	group.Wait()
	if got := r.recorder.MaxInFlight(); got != 3 {
		t.Errorf("%d at once, want 3", got)
	}
}

// TestRecordIsCompleteBeforeTheAnswer: who has the answer finds it in the record.
func TestRecordIsCompleteBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, httptest.NewServer)
	for i := range 200 {
		r.post("")
		if all := r.recorder.All(); all[i].Status != 200 || all[i].Ended.IsZero() {
			t.Fatalf("request %d is recorded as %+v", i, all[i])
		}
	}
}

func TestStreaming(t *testing.T) {
	t.Parallel()
	service := wire.Service{}
	next := make(chan bool)
	server := httptest.NewServer(service.Handle("Op", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "a")
		w.(http.Flusher).Flush()
		<-next
		_, _ = io.WriteString(w, "b")
		w.Header().Set("Too-Late", "1")
	}))
	t.Cleanup(server.Close)
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	first := make([]byte, 1)
	if _, err := io.ReadFull(response.Body, first); err != nil || first[0] != 'a' {
		t.Fatalf("%q %v", first, err)
	}
	close(next)
	if rest, err := io.ReadAll(response.Body); err != nil || string(rest) != "b" {
		t.Errorf("%q %v", rest, err)
	}
}

func TestBrokenRequest(t *testing.T) {
	t.Parallel()
	r := newRig(t, httptest.NewServer)
	reader, writer := io.Pipe()
	go func() {
		_, _ = writer.Write([]byte("half"))
		writer.CloseWithError(errors.New("broken off"))
	}()
	if response, err := r.client.Post(r.url, "", reader); err == nil {
		response.Body.Close()
		t.Error("answered")
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		all := r.recorder.All()
		if len(all) == 1 && !all[0].Ended.IsZero() {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("recorded %+v", all)
		}
	}
	if r.worked.Load() != 0 {
		t.Error("half a request was acted on")
	}
}

func TestHugeRequest(t *testing.T) {
	t.Parallel()
	service := wire.Service{Recorder: &wire.Recorder{}}
	w := httptest.NewRecorder()
	service.Handle("Op", func(http.ResponseWriter, *http.Request) { t.Error("the handler runs") }).
		ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", io.LimitReader(zeros{}, wire.MaxBodyBytes+1)))
	if w.Code != http.StatusRequestEntityTooLarge || len(service.Recorder.Violations()) != 1 {
		t.Errorf("%d %v", w.Code, service.Recorder.Violations())
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestLatencyAndTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	service := wire.Service{Latency: 20 * time.Millisecond, Now: func() time.Time { return at }}
	begun := time.Now()
	service.Handle("Op", func(http.ResponseWriter, *http.Request) {}).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	if took := time.Since(begun); took < service.Latency {
		t.Errorf("it took %s", took)
	}
	if got := service.Time(); got != at {
		t.Errorf("time %s", got)
	}
	if got := (&wire.Service{}).Time(); time.Since(got) > time.Minute {
		t.Errorf("time %s", got)
	}
}
