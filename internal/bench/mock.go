// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Conditions are how the mock answers. The zero value is a service that answers at once and however
// often it is asked.
type Conditions struct {
	Latency   time.Duration `json:"latency,omitempty"`
	ReadQuota int           `json:"read_quota,omitempty"` // requests in any minute
	// WriteQuota is the same for writes.
	WriteQuota int `json:"write_quota,omitempty"`
}

// noQuota tells the provider that there is none.
const noQuota = "    requests_per_minute {\n      read = 0\n      write = 0\n    }"

// Traffic is what a mock has seen since it was last asked.
type Traffic struct {
	Requests   map[string]int `json:"requests"`
	Violations []string       `json:"violations"`
}

// ServeMock is the process of a mock. It prints its URL, and works off a command for each line on
// in: "drift", or "traffic", which prints a Traffic. It ends with the input.
func ServeMock(setup string, in io.Reader, out io.Writer) error {
	var s Spec
	if err := json.Unmarshal([]byte(setup), &s); err != nil {
		return err
	}
	w, err := s.Workload()
	if err != nil {
		return err
	}
	var recorder wire.Recorder
	recorder.Limit(-1, -1) // every exchange is counted, and none kept
	service := w.Service(&recorder, Conditions{})
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: service, ReadHeaderTimeout: time.Minute}
	defer server.Close()
	go func() { _ = server.Serve(listener) }()
	fmt.Fprintf(out, "http://%s\n", listener.Addr())

	answer := json.NewEncoder(out)
	for lines := bufio.NewScanner(in); lines.Scan(); {
		switch command := lines.Text(); command {
		case "drift":
			if err := service.Drift(); err != nil {
				return err
			}
			err = answer.Encode("drifted")
		case "traffic":
			t := Traffic{Requests: recorder.Counts(), Violations: recorder.Violations()}
			err = answer.Encode(t)
			recorder.Reset()
		default:
			return fmt.Errorf("there is no command %q", command)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mock is the process of a mock, seen from outside.
type mock struct {
	URL string

	cmd     *exec.Cmd
	in      io.WriteCloser
	answers *json.Decoder
}

// startMock starts this executable again, as the mock of a workload.
func startMock(ctx context.Context, spec Spec) (*mock, error) {
	setup, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	m := &mock{cmd: exec.CommandContext(ctx, self, "mock", string(setup))} //nolint:gosec // this very program
	m.cmd.Stderr = os.Stderr
	if m.in, err = m.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := m.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(out)
	url, err := lines.ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the mock did not start: %w", err), m.stop())
	}
	m.URL = url[:len(url)-1]
	m.answers = json.NewDecoder(lines)
	return m, nil
}

func (m *mock) stop() error {
	return errors.Join(m.in.Close(), m.cmd.Wait())
}

func (m *mock) ask(command string, answer any) error {
	if _, err := fmt.Fprintln(m.in, command); err != nil {
		return err
	}
	return m.answers.Decode(answer)
}

func (m *mock) drift() error { return m.ask("drift", new(string)) }

// traffic tells what the mock has seen since the last call. A request that no correct client sends
// is an error.
func (m *mock) traffic() (Traffic, error) {
	var t Traffic
	if err := m.ask("traffic", &t); err != nil {
		return t, err
	}
	if len(t.Violations) > 0 {
		return t, fmt.Errorf("the provider sent what a correct client never sends: %s", t.Violations[0])
	}
	return t, nil
}
