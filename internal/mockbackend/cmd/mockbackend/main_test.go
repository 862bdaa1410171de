// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend"
)

// TestMain lets the test binary be the command, for the tests of signals.
func TestMain(m *testing.M) {
	if os.Getenv("MOCKBACKEND_MAIN") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// buffer is an output that is read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// launch runs the command until the test ends. It returns the URL, the log, and a way to stop it.
func launch(t *testing.T, args ...string) (url string, log *buffer, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	log = &buffer{}
	done := make(chan error, 1)
	go func() {
		err := run(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), writer, log)
		_ = writer.CloseWithError(err)
		done <- err
	}()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = stop() })
	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		t.Fatalf("no address: %v", err)
	}
	return strings.TrimSuffix(line, "\n"), log, stop
}

func get(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestServes(t *testing.T) {
	t.Parallel()
	url, log, stop := launch(t, "-rate-limits", "7/0", "-switch", "duplicate_add=error", "-switch", "venafi.order=stable")
	if !regexp.MustCompile(`^http://127\.0\.0\.1:\d+$`).MatchString(url) {
		t.Errorf("address %q", url)
	}
	if _, text := get(t, http.DefaultClient, url+"/_mock/quota"); !strings.Contains(text, `"read": 7`) || !strings.Contains(text, `"write": 0`) {
		t.Error(text)
	}
	if _, text := get(t, http.DefaultClient, url+"/_mock/switches"); !strings.Contains(text, `"value": "error"`) || !strings.Contains(text, `"value": "stable"`) {
		t.Error(text)
	}
	get(t, http.DefaultClient, url+"/v3/projects?name=x")
	if err := stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	for _, want := range []string{
		`\[INFO\]  mock: listening: .*admin=/_mock/`,
		`\d\d:\d\d:\d\d\.\d{3} \[ERROR\] mock\.huaweicloud: KeystoneListProjects: status=401 ms=\d+ violation="not authenticated`,
		`\[INFO\]  mock: stopped: requests=1 violations=1`,
	} {
		if !regexp.MustCompile(want).MatchString(log.String()) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
}

func TestServesTLS(t *testing.T) {
	t.Parallel()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	url, _, _ := launch(t, "-tls", ca, "-log-level", "off")
	text, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) || strings.Contains(string(text), "PRIVATE KEY") {
		t.Fatalf("no CA, or a key, in\n%s", text)
	}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
		if status, _ := get(t, client, strings.Replace(url, "127.0.0.1", host, 1)+"/_mock/quota"); status != http.StatusOK {
			t.Errorf("%s: %d", host, status)
		}
		client.CloseIdleConnections()
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := http.DefaultClient.Do(request); err == nil {
		response.Body.Close()
		t.Error("a client without the CA is content")
	}
}

func TestSeedAndItsPrint(t *testing.T) {
	t.Parallel()
	var printed bytes.Buffer
	if err := run(t.Context(), []string{"-print-seed"}, &printed, io.Discard); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "seed.json")
	edited := strings.Replace(printed.String(), "CAD Workbench", "Edited Workbench", 1)
	if err := os.WriteFile(path, []byte(edited), 0o600); err != nil {
		t.Fatal(err)
	}
	url, _, _ := launch(t, "-seed", path)
	if _, text := get(t, http.DefaultClient, url+"/_mock/state/huaweicloud/apps"); !strings.Contains(text, "Edited Workbench") {
		t.Error(text)
	}
	seed, err := mockbackend.ParseSeed(printed.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(mockbackend.DefaultSeed(), seed); diff != "" {
		t.Error(diff)
	}
}

func TestKeep(t *testing.T) {
	t.Parallel()
	url, _, _ := launch(t, "-keep", "2", "-log-level", "off")
	for range 200 {
		get(t, http.DefaultClient, url+"/v3/projects")
	}
	_, text := get(t, http.DefaultClient, url+"/_mock/requests")
	if got := strings.Count(text, `"seq"`); got != 2 || !strings.Contains(text, `"seq": 200`) {
		t.Errorf("%d requests are remembered: %s", got, text)
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	var help bytes.Buffer
	if err := run(t.Context(), []string{"-help"}, &help, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"-rate-limits", "/_mock/faults", "DEMOACCESSKEY0000001", "workspace_endpoint", "unknown_account=skipped|error", "endless_pages",
		"expired_token=status_1203", "duplicate_grant=0|16", "MyIntegration", "curl -X PATCH",
	} {
		if !strings.Contains(help.String(), want) {
			t.Errorf("the help lacks %q", want)
		}
	}
	for line := range strings.Lines(help.String()) {
		if strings.TrimRight(line, " \n") != strings.TrimSuffix(line, "\n") || len(line) > 260 {
			t.Errorf("line %q", line)
		}
	}
}

func TestBadArguments(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"-help":               {"-nothing"},
		"unexpected argument": {"serve"},
		"log level":           {"-log-level", "loud"},
		"below 0":             {"-latency", "-1s"},
		"READ/WRITE":          {"-rate-limits", "200"},
		"such as 200/100":     {"-rate-limits", "-1/2"},
		"NAME=POSITION":       {"-switch", "duplicate_add"},
		"no switch":           {"-switch", "nothing=x"},
		"no such file":        {"-seed", "/nonexistent/seed.json"},
		"missing port":        {"-listen", "127.0.0.1"},
		"nonexistent/ca.pem":  {"-listen", "127.0.0.1:0", "-tls", "/nonexistent/ca.pem"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want one with %q", args, err, want)
		}
	}
}

// TestSignals stops a process while a request hangs.
func TestSignals(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		command := exec.Command(os.Args[0], "-listen", "127.0.0.1:0")
		command.Env = append(os.Environ(), "MOCKBACKEND_MAIN=1")
		stdout, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = command.Process.Kill() })
		url, err := bufio.NewReader(stdout).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		url = strings.TrimSpace(url)
		fault := strings.NewReader(`{"kind":"slow","delay":"10m"}`)
		response, err := http.Post(url+"/_mock/faults", "application/json", fault)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		hung := make(chan error, 1)
		go func() {
			response, err := http.Get(url + "/v3/projects")
			if err == nil {
				response.Body.Close()
			}
			hung <- err
		}()
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if _, text := get(t, http.DefaultClient, url+"/_mock/requests/counts"); strings.Contains(text, "KeystoneListProjects") {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("the slow request does not arrive")
			}
		}
		begun := time.Now()
		if err := command.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if err := command.Wait(); err != nil {
			t.Errorf("%v: %v", signal, err)
		}
		if took := time.Since(begun); took > 15*time.Second {
			t.Errorf("%v: it took %s to stop", signal, took)
		}
		<-hung
	}
}
