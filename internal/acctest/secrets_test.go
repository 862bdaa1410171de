// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-log/tflog"
)

// What is planted is found, in every spelling, as a whole and cut off.
func TestSearchFindsWhatIsPlanted(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{
		"key": "kq8Zr3vT1mXw9Lb2Yc7Nd4Hs", "password": `x7"W & <q>\é/+=longer`, "token": "YWJjZGVm/+9876543210==", "lines": "MIGHAgEAMBMGBy\nqGSM49AgEGCCqG",
	}
	known := SecretsOf(t)
	for name, secret := range secrets {
		known.Learn(name, secret)
	}
	const input = "GET\n/v1/apps/\n\nx-sdk-date:20261123T000000Z\n\nx-sdk-date\ne3b0c44298fc1c14"
	known.LearnWhole("input", input)
	s := known.Searcher()
	innocent := "2026-11-23T21:00:00Z [TRACE] GET /v1/apps/ e3b0c44298fc1c14 kq8Zr3vT1mX%20"
	if found := s.In([]byte(innocent)); found != nil {
		t.Errorf("found %q in what holds none", found)
	}
	for way, spell := range Spellings {
		for name, secret := range secrets {
			text := spell(secret)
			for what, planted := range map[string]string{"whole": text, "begin": text[:len(text)-3], "end": text[4:]} {
				if found := s.In([]byte(innocent + planted + innocent)); len(found) == 0 || !strings.HasPrefix(found[0], name) {
					t.Errorf("%s of %s, %s: found %q", what, name, way, found)
				}
			}
		}
		text := spell(input)
		if found := s.In([]byte(innocent + text)); len(found) == 0 {
			t.Errorf("the signing input, %s, is not found", way)
		}
		if found := s.In([]byte(innocent + text[1:])); len(found) != 0 {
			t.Errorf("a part of the signing input, %s, is found", way)
		}
	}
	// Every byte may be percent-encoded, in capitals or not, also those that need not be.
	for _, form := range []string{"%%%02x", "%%%02X"} {
		text := ""
		for i, b := range []byte(secrets["password"]) {
			if i%3 == 0 {
				text += fmt.Sprintf(form, b)
			} else {
				text += strings.ReplaceAll(string(b), "%", "%25")
			}
		}
		if found := s.In([]byte(innocent + text)); len(found) == 0 {
			t.Errorf("%s: nothing found", text)
		}
	}
	// base64 of a text that holds the secret somewhere
	for before := range 4 {
		coded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("u", before) + secrets["password"] + "!"))
		if found := s.In([]byte(coded)); len(found) == 0 {
			t.Errorf("base64 with %d bytes before: nothing found", before)
		}
	}
}

// told is a test that keeps what it is told, and ends when it is told to.
type told struct {
	testing.TB

	name     string
	errors   []string
	cleanups []func()
}

func (t *told) Name() string { return t.name }

func (t *told) Helper() {}

func (t *told) Errorf(format string, args ...any) {
	t.errors = append(t.errors, fmt.Sprintf(format, args...))
}

func (t *told) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }

// talkative is a provider that says too much in one place.
type talkative struct {
	providerServer

	place, text string
}

func (p *talkative) ReadResource(ctx context.Context, _ *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	answer := &tfprotov6.ReadResourceResponse{NewState: &tfprotov6.DynamicValue{}}
	switch p.place {
	case "state":
		answer.NewState.MsgPack = []byte("\x81\xa1x\xd9" + p.text)
	case "private state":
		answer.Private = []byte(p.text)
	case "diagnostic":
		answer.Diagnostics = []*tfprotov6.Diagnostic{{Summary: "failed", Detail: p.text}}
	case "log":
		tflog.Trace(ctx, "sent", map[string]any{"token": p.text})
	}
	return answer, nil
}

// A test fails when its provider says what a service gave it, in whatever place and spelling.
func TestWatchFindsLeaks(t *testing.T) {
	t.Parallel()
	const token = "Tk9x2LmQ7vR4sW8yB3nH6jD1"
	for _, place := range []string{"state", "private state", "diagnostic", "log", "nowhere"} {
		for _, way := range []string{"plain", "JSON", "query", "path", "base64+1"} {
			test := &told{TB: t, name: t.Name() + place + way}
			service := Tapped(test, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = fmt.Fprintf(w, `{"data": {"accessToken": %q}}`, token)
			}))
			request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/apim-token-service/v2.0/token/get", strings.NewReader("{}"))
			service.ServeHTTP(httptest.NewRecorder(), request)
			provider := Watch(test, &talkative{place: place, text: "x" + Spellings[way](token) + "x"})
			if _, err := provider.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{}); err != nil {
				t.Fatal(err)
			}
			for _, end := range test.cleanups {
				end()
			}
			if failed := len(test.errors) > 0; failed != (place != "nowhere") {
				t.Errorf("%s, %s: the test was told %q", place, way, test.errors)
			}
		}
	}
}
