// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend"
)

// services are the mock services with their default data, on a free port of this machine.
type services struct {
	*mockbackend.Backend
	url    string
	server *http.Server
}

func startServices(ctx context.Context) (*services, error) {
	backend, err := mockbackend.New(mockbackend.Options{})
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &services{
		Backend: backend,
		url:     "http://" + listener.Addr().String(),
		server:  &http.Server{Handler: backend, ReadHeaderTimeout: 10 * time.Second},
	}
	go func() { _ = s.server.Serve(listener) }() // ends with stop
	return s, nil
}

func (s *services) stop() { _ = s.server.Close() }

// remove takes something out of the mock's data through its admin API, as a person could with curl.
func (s *services) remove(ctx context.Context, out io.Writer, path string) error {
	url := s.url + "/_mock/state/" + path
	fmt.Fprintf(out, "    curl -X DELETE %s\n", url)
	request, err := http.NewRequestWithContext(ctx, http.MethodDelete, url, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		text, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("%s: %s: %s", url, answer.Status, text)
	}
	return nil
}

// requests tells what each service was asked since the recorder was reset.
func (s *services) requests() string {
	counts := map[string]map[string]int{}
	for _, exchange := range s.Recorder.All() {
		if counts[exchange.Service] == nil {
			counts[exchange.Service] = map[string]int{}
		}
		counts[exchange.Service][exchange.Operation]++
	}
	var b strings.Builder
	for _, service := range slices.Sorted(maps.Keys(counts)) {
		var parts []string
		for _, operation := range slices.Sorted(maps.Keys(counts[service])) {
			parts = append(parts, fmt.Sprintf("%d × %s", counts[service][operation], operation))
		}
		fmt.Fprintf(&b, "    %-11s  %s\n", service, strings.Join(parts, ", "))
	}
	return b.String()
}
