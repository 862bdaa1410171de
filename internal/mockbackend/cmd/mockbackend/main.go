// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Command mockbackend runs the mock services for people and for tests of whole programs. Run it
// with -help.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "mockbackend:", err)
		os.Exit(1)
	}
}

// settings are the parsed flags.
type settings struct {
	listen, seed, tlsCA, logLevel string
	latency                       time.Duration
	quota                         huaweicloud.Quota
	switches                      [][2]string
	facts                         []string
	keep, keepBody                int
	printSeed, help               bool
}

func parse(args []string) (settings, error) {
	s := settings{quota: huaweicloud.Quota{Read: huaweicloud.DefaultReadQuota, Write: huaweicloud.DefaultWriteQuota}}
	flags := flag.NewFlagSet("mockbackend", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are returned, the help is our own
	flags.StringVar(&s.listen, "listen", "127.0.0.1:8080", "")
	flags.StringVar(&s.seed, "seed", "", "")
	flags.StringVar(&s.tlsCA, "tls", "", "")
	flags.StringVar(&s.logLevel, "log-level", "info", "")
	flags.DurationVar(&s.latency, "latency", 0, "")
	flags.IntVar(&s.keep, "keep", 1000, "")
	flags.IntVar(&s.keepBody, "keep-body", 64<<10, "")
	flags.BoolVar(&s.printSeed, "print-seed", false, "")
	flags.Func("rate-limits", "", func(text string) (err error) {
		s.quota, err = parseQuota(text)
		return err
	})
	flags.Func("switch", "", func(text string) error {
		name, position, ok := strings.Cut(text, "=")
		if !ok {
			return errors.New("is not NAME=POSITION")
		}
		s.switches = append(s.switches, [2]string{name, position})
		return nil
	})
	flags.Func("facts", "", func(text string) error { s.facts = append(s.facts, text); return nil })
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		s.help = true
		return s, nil
	case err != nil:
		return s, fmt.Errorf("%w; see -help", err)
	case flags.NArg() > 0:
		return s, fmt.Errorf("unexpected argument %q; see -help", flags.Arg(0))
	case hclog.LevelFromString(s.logLevel) == hclog.NoLevel:
		return s, fmt.Errorf("log level %q is none of trace, debug, info, warn, error, off", s.logLevel)
	case s.latency < 0:
		return s, fmt.Errorf("latency %s is below 0", s.latency)
	}
	return s, nil
}

// parseQuota reads READ/WRITE.
func parseQuota(text string) (huaweicloud.Quota, error) {
	first, second, ok := strings.Cut(text, "/")
	read, err1 := strconv.Atoi(first)
	write, err2 := strconv.Atoi(second)
	if !ok || err1 != nil || err2 != nil || read < 0 || write < 0 {
		return huaweicloud.Quota{}, errors.New("is not READ/WRITE, such as 200/100; 0 is without limit")
	}
	return huaweicloud.Quota{Read: read, Write: write}, nil
}

// run serves until ctx ends. The address stands alone on the first line of stdout; the log goes to
// stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	if s.help {
		return writeHelp(stdout)
	}
	if s.printSeed {
		_, err := io.WriteString(stdout, mockbackend.DefaultSeedJSON())
		return err
	}
	log := hclog.New(&hclog.LoggerOptions{
		Name: "mock", Output: stderr, Level: hclog.LevelFromString(s.logLevel), Color: color(stderr), TimeFormat: "15:04:05.000",
	})
	options := mockbackend.Options{Log: log, Latency: s.latency, Quota: &s.quota}
	if s.seed != "" {
		seed, err := mockbackend.ReadSeed(s.seed)
		if err != nil {
			return err
		}
		options.Seed = &seed
	}
	backend, err := mockbackend.New(options)
	if err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	for _, file := range s.facts {
		facts, err := mockbackend.ReadFacts(file)
		if err != nil {
			return err
		}
		beyond, err := backend.SetFacts(facts)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		for _, what := range beyond {
			log.Warn("the mock has no position for what was found", "service", facts.Service, "question", what)
		}
	}
	for _, sw := range s.switches {
		if err := backend.SetSwitch(sw[0], sw[1]); err != nil {
			return err
		}
	}
	backend.Recorder.Limit(s.keep, s.keepBody)

	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return err
	}
	return serve(ctx, backend, listener, s.tlsCA, log, stdout)
}

// color colours the log of a terminal only: hclog asks for more than an io.Writer to find that out.
func color(w io.Writer) hclog.ColorOption {
	if _, ok := w.(*os.File); ok {
		return hclog.AutoColor
	}
	return hclog.ColorOff
}

func serve(ctx context.Context, backend *mockbackend.Backend, listener net.Listener, tlsCA string, log hclog.Logger, stdout io.Writer) error {
	server := &http.Server{
		Handler:           backend,
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	scheme, listenAndServe := "http", func() error { return server.Serve(listener) }
	if tlsCA != "" {
		config, ca, err := selfSigned(listener.Addr(), time.Now())
		if err != nil {
			return err
		}
		if err := os.WriteFile(tlsCA, ca, 0o644); err != nil {
			return err
		}
		server.TLSConfig = config
		scheme, listenAndServe = "https", func() error { return server.ServeTLS(listener, "", "") }
	}
	if _, err := fmt.Fprintf(stdout, "%s://%s\n", scheme, listener.Addr()); err != nil {
		return err
	}
	log.Info("listening", "address", listener.Addr().String(), "admin", "/_mock/")

	failed := make(chan error, 1)
	go func() { failed <- listenAndServe() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		log.Warn("closing requests under way", "error", err)
		_ = server.Close()
	}
	log.Info("stopped", "requests", backend.Recorder.Count(""), "violations", len(backend.Recorder.Violations()))
	return nil
}
