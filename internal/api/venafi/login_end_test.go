// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

// A client revokes the token that it got for itself, and only that one.
func TestCloseRevokesTheOwnToken(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	c := s.client(t, "admin")
	revoked := func() int {
		n := 0
		for _, e := range s.recorder.All() {
			if strings.HasSuffix(strings.ToLower(e.Path), "/vedauth/revoke/token") {
				n++
			}
		}
		return n
	}
	if err := c.Close(t.Context()); err != nil || revoked() != 0 {
		t.Fatalf("a client that never logged in: %v, %d requests", err, revoked())
	}
	if _, err := c.GetRole(t.Context()); err != nil {
		t.Fatal(err)
	}
	token := c.tokens.Current()
	if err := c.Close(t.Context()); err != nil || revoked() != 1 {
		t.Fatalf("%v, %d requests", err, revoked())
	}
	if _, err := c.Verify(t.Context(), token.AccessToken); err == nil {
		t.Error("the token lives on")
	}

	given := s.ready(t, adminID, "admin")
	if _, err := given.GetRole(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := given.Close(t.Context()); err != nil || revoked() != 1 {
		t.Errorf("a token that was given: %v, %d requests", err, revoked())
	}
	ended, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if err := c.Close(ended); err == nil {
		t.Error("a context that has ended revokes")
	}
}

// What is wrong with a file of a token is said, and where the login comes from.
func TestLoginWithAFile(t *testing.T) {
	t.Parallel()
	s := start(t, mock.Switches{})
	file := filepath.Join(t.TempDir(), "jwt")
	configured := func() *Client {
		return s.configured(t, func(c *Config) { c.ClientID, c.JWTFile, c.From = clientID, file, "venafi.jwt_file" })
	}
	_, err := configured().GetRole(t.Context())
	if err == nil || !strings.Contains(err.Error(), "jwt_file") || !strings.Contains(err.Error(), file) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(file, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = configured().GetRole(t.Context()); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("an empty file: %v", err)
	}
	const wrong = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ"
	if err := os.WriteFile(file, []byte(wrong+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = configured().GetRole(t.Context())
	if err == nil || !strings.Contains(err.Error(), "The login is venafi.jwt_file.") || strings.Contains(err.Error(), wrong[:30]) {
		t.Errorf("a wrong token: %v", err)
	}
	asked := 0
	for _, e := range s.recorder.All() {
		if strings.HasSuffix(strings.ToLower(e.Path), "/authorize/jwt") && strings.Contains(string(e.Body), wrong) {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("%d requests sent the token", asked)
	}
}
