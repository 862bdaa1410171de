// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package credential

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"
)

const (
	// metadataHost answers on a cloud server, and nowhere else.
	metadataHost = "http://169.254.169.254"
	// metadataWait is how long it may take in all: anywhere else nobody answers.
	metadataWait = time.Second
	maxMetadata  = 64 << 10
)

// tokenPattern is what can be a token of the metadata service: pages and documents, which others
// answer at its address, are none.
var tokenPattern = regexp.MustCompile(`^[A-Za-z0-9+/=_.-]+$`)

// Metadata is a source of the keys that a cloud server has from its agency. dial is for tests; nil
// dials as usual.
func Metadata(dial func(ctx context.Context, network, address string) (net.Conn, error)) Source {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	m := &metadata{client: http.Client{
		Transport:     &http.Transport{DialContext: dial, DisableKeepAlives: true}, // no proxy: the address is that of this machine's host
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	source := newRenewed("from the metadata service of this cloud server")
	source.fetch(m.fetch)
	return source
}

type metadata struct{ client http.Client }

// fetch asks with a token of the service where it gives one, which servers may be set to insist on,
// and without where it has none.
func (m *metadata) fetch(ctx context.Context) (Keys, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, metadataWait, fmt.Errorf("no answer within %s", metadataWait))
	defer cancel()
	header := http.Header{}
	token, err := m.ask(ctx, http.MethodPut, "/meta-data/latest/api/token", http.Header{"X-Metadata-Token-Ttl-Seconds": {"21600"}})
	switch {
	case err != nil:
		return Keys{}, err
	case token.status == http.StatusOK && !tokenPattern.Match(bytes.TrimSpace(token.body)):
		return Keys{}, errors.New("the metadata service answered something else than a token")
	case token.status == http.StatusOK:
		header.Set("X-Metadata-Token", strings.TrimSpace(string(token.body)))
	case token.status != http.StatusNotFound && token.status != http.StatusMethodNotAllowed && token.status != http.StatusServiceUnavailable:
		return Keys{}, fmt.Errorf("the metadata service answered %d to the request for a token", token.status)
	}
	answer, err := m.ask(ctx, http.MethodGet, "/openstack/latest/securitykey", header)
	if err != nil {
		return Keys{}, err
	}
	if answer.status != http.StatusOK {
		hint := ""
		if answer.status == http.StatusUnauthorized || answer.status == http.StatusNotFound {
			hint = ": give the server an agency"
		}
		return Keys{}, fmt.Errorf("the metadata service answered %d to the request for keys%s", answer.status, hint)
	}
	var read keysAnswer
	if json.Unmarshal(answer.body, &read) != nil {
		return Keys{}, errors.New("the metadata service answered something else than keys")
	}
	keys, err := read.keys(answer.header, time.Now())
	if err != nil {
		return Keys{}, fmt.Errorf("the metadata service %w", err)
	}
	return keys, nil
}

type metadataAnswer struct {
	status int
	header http.Header
	body   []byte
}

// ask sends a request. Its errors repeat nothing of an answer, which holds keys.
func (m *metadata) ask(ctx context.Context, method, path string, header http.Header) (metadataAnswer, error) {
	r, err := http.NewRequestWithContext(ctx, method, metadataHost+path, http.NoBody)
	if err != nil {
		return metadataAnswer{}, err
	}
	r.Header = header
	resp, err := m.client.Do(r)
	var body []byte
	if err == nil {
		defer resp.Body.Close()
		body, err = io.ReadAll(io.LimitReader(resp.Body, maxMetadata))
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return metadataAnswer{}, fmt.Errorf("the metadata service can't be reached: %w", err)
	}
	return metadataAnswer{resp.StatusCode, resp.Header, body}, nil
}
