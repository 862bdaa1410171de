// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
)

func TestErrorText(t *testing.T) {
	t.Parallel()
	full := Error{
		Service: "Huawei Cloud Workspace", Operation: "BatchUpdateAppAuthorizations", Status: 404, StatusText: "Not Found",
		Code: "WKS.00211902", Message: "The application does not exist", RequestID: "0a1b", Attempts: 6,
	}
	for want, e := range map[string]Error{
		"Huawei Cloud Workspace: BatchUpdateAppAuthorizations: 404 Not Found: WKS.00211902: The application does not exist (request id 0a1b, after 6 attempts)": full,
		"X: Y: 418 I'm a teapot (request id 1). Do this. Then that.": {Service: "X", Operation: "Y", Status: 418, RequestID: "1", Attempts: 1, Hint: "Do this. Then that."},
		"X: 500 MyReason: too bad":                                   {Service: "X", Status: 500, StatusText: "MyReason", Err: errors.New("too bad")},
		"X: 799":                                                     {Service: "X", Status: 799},
		"X: no answer: unexpected EOF":                               {Service: "X", Message: "no answer", Err: io.ErrUnexpectedEOF},
		`X: a\r\nb\x00 c \xff`:                                       {Service: "X", Message: "a\r\nb\x00 c \xff\r\n"},
		`X: 500 no\x1b[1A: \u202e1: bob\x1b[2K: \u2066`:              {Service: "X", Status: 500, StatusText: "no\x1b[1A", Code: "\u202e1", Message: "bob\x1b[2K", Err: errors.New("\u2066")},
		"X: the end: why. Do this.":                                  {Service: "X", Message: "the end.", Err: errors.New("why."), Hint: "Do this."},
		"X: the end (request id 1)":                                  {Service: "X", Message: "the end.", RequestID: "1"},
		"X: and so on...":                                            {Service: "X", Message: "and so on..."},
		"X: same":                                                    {Service: "X", Code: "same", Message: "same"},
		"X: " + strings.Repeat("ä", maxText/2) + "…":                 {Service: "X", Message: strings.Repeat("ä", maxText)},
		`X: one\nline (request id a\nb, after 2 attempts)`:           {Service: "X", Message: "one\nline", RequestID: "a\nb", Attempts: 2},
		"": {},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

func TestGeneralReading(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status              int
		body                string
		code, message, hint string
	}{
		{404, `{"error_code":"WKS.1","error_msg":"gone"}`, "WKS.1", "gone", ""},
		{404, `{"code":31404,"message":"x"}`, "31404", "x", ""},
		{400, `{"error":"invalid_grant","error_description":"bad"}`, "invalid_grant", "bad", ""},
		{429, `{"message":"API rate limit exceeded"}`, "", "API rate limit exceeded", ""},
		{400, `{"status":1003,"msg":"no"}`, "1003", "no", ""},
		{400, `{"error_code":null,"error_msg":{"a":1},"code":"7"}`, "7", "", ""},
		{400, `[]`, "", `"[]"`, ""},
		{400, `null`, "", "", ""},
		{400, ``, "", "", ""},
		{400, `plain`, "", `"plain"`, ""},
		{403, `<html><head><title>Access denied</title>`, "", `answered with an HTML page ("Access denied")`, "proxy"},
		{503, "<html><body><h2>Service <b>Unavailable</b></h2>", "", `answered with an HTML page ("Service Unavailable")`, ""},
		{400, "\xff\xfe\x00", "", `"\xff\xfe\x00"`, ""},
		{400, "x\x1b[2K\r\n" + strings.Repeat("界", 99), "", `"x\x1b[2K\r\n` + strings.Repeat("界", 64) + `…"`, ""},
	} {
		got := generalReading(Answer{Status: tc.status, Body: []byte(tc.body)})
		if got.Code != tc.code || got.Message != tc.message || !strings.Contains(got.Hint, tc.hint) || (tc.hint == "") != (got.Hint == "") {
			t.Errorf("%d %q: %+v", tc.status, tc.body, got)
		}
	}
}

// What Classify says is kept, and completed where it says nothing.
func TestClassify(t *testing.T) {
	t.Parallel()
	var answer *Error
	c := fake(t, Config{Classify: func(a Answer) *Error {
		if a.Status != 409 || a.StatusText != "Conflict" || string(a.Body) != `{"code":"C","message":"M"}` || a.Header.Get("X-Request-Id") != "id7" {
			t.Errorf("asked about %+v", a)
		}
		return answer
	}}, func(*http.Request) (*http.Response, error) {
		return respond(409, `{"code":"C","message":"M"}`, "X-Request-Id", "id7"), nil
	})
	for want, given := range map[string]*Error{
		"Example: Op: 409 Conflict: C: M (request id id7)":      nil,
		"Example: Op: 409 Conflict: C: M (request id id7). Do.": {Hint: "Do."},
		"Example: Op: 409 Conflict: C: M (request id id8)":      {RequestID: "id8"},
		"Example: Op: 409 Conflict: mine (request id id7). Hm.": {Message: "mine", Hint: "Hm."},
		"Example: Op: 409 Conflict: mine: own (request id id7)": {Code: "mine", Message: "own"},
	} {
		answer = given
		if e := failure(t.Context(), t, c, Request{Operation: "Op", Method: "PUT", Path: "/a b"}); e.Error() != want || e.Path != "/a b" || e.Method != "PUT" {
			t.Errorf("got %q, want %q", e, want)
		}
	}
}

// A service, a gateway or an attacker that sends back all it got learns nothing that ends up in an
// error or a log.
func TestNoSecretInErrorsAndLogs(t *testing.T) {
	t.Parallel()
	secrets := []string{
		"SDK-HMAC-SHA256 Access=AKAKAKAK, SignedHeaders=host;x-sdk-date, Signature=" + strings.Repeat("5f", 32),
		"MDEyMzQ1Njc4OWFiY2RlZg==", "b3BhcXVlLXRva2VuLW9wYXF1ZS10b2tlbi1vcGFxdWU", strings.Repeat("9c", 32), "qu3ry s3cret/+", "s3ssion=c00kie",
	}
	book := &logBook{}
	const password = "correct horse"
	c := serve(t, Config{MaxRetries: 1, Logger: book, Secrets: []string{password}, Authorize: func(_ context.Context, r *http.Request, _ []byte) error {
		r.Header.Set("Authorization", secrets[0])
		r.Header.Set("X-Security-Token", secrets[1])
		r.Header.Set("apim-accesstoken", secrets[2])
		r.Header.Set("apim-signature", secrets[3])
		r.Header.Set("Cookie", secrets[5])
		r.Header.Set("X-Project-Id", "project-of-mine")
		return nil
	}}, func(w http.ResponseWriter, r *http.Request) {
		echo := r.URL.RawQuery
		for name, v := range r.Header {
			echo += "|" + name + ":" + strings.Join(v, "|")
		}
		echo += "|" + strings.Repeat("5f", 32) + "|" + password + "|" + r.URL.Query().Get("sign")
		w.Header().Set("X-Request-Id", r.Header.Get("X-Security-Token"))
		w.WriteHeader(503)
		_, _ = io.WriteString(w, `{"error_code":"APIGW.0301","error_msg":"canonicalRequest: `+strings.ReplaceAll(echo, `"`, "'")+`"}`)
	})
	e := failure(t.Context(), t, c, Request{Operation: "Op", Path: "/v1/x", Query: url.Values{"sign": {secrets[4]}, "limit": {"100"}}})
	if !strings.Contains(e.Message, "project-of-mine") || !strings.Contains(e.Message, "***") || !strings.Contains(book.String(), "will be sent again") {
		t.Errorf("the message is %q, the log %s", e.Message, book)
	}
	parts := append(secrets, password, strings.Repeat("5f", 32), Escape(secrets[4]), url.QueryEscape(secrets[4]))
	for _, text := range []string{e.Error(), e.Message, e.RequestID, book.String()} {
		for _, s := range parts {
			if strings.Contains(text, s) {
				t.Errorf("%q is in %q", s, text)
			}
		}
	}
	// Nor does an error of net/http quote a header that it could not read.
	odd := fake(t, Config{Authorize: c.config.Authorize}, func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("malformed header %q: %w", r.Header.Get("X-Security-Token"), io.ErrUnexpectedEOF)
	})
	if e := failure(t.Context(), t, odd, Request{}); strings.Contains(e.Error(), secrets[1]) || !strings.Contains(e.Error(), `malformed header "***"`) || !errors.Is(e, io.ErrUnexpectedEOF) {
		t.Error(e)
	}
	// Nor does an error of the network repeat the address with its query.
	dead := dial(t, Config{}, "http://127.0.0.1:1")
	if e := failure(t.Context(), t, dead, Request{Query: url.Values{"sign": {secrets[4]}}}); strings.Contains(e.Error(), "sign") || !strings.Contains(e.Error(), "127.0.0.1:1") {
		t.Error(e)
	}
}

func TestLogLines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		book := &logBook{}
		n := 0
		c := fake(t, Config{MaxRetries: 1, RetryWaitMin: time.Millisecond, Logger: book}, func(*http.Request) (*http.Response, error) {
			time.Sleep(7 * time.Millisecond)
			if n++; n == 1 {
				return respond(503, `{"code":"busy","message":"later"}`), nil
			}
			return respond(200, `{}`, "X-Request-Id", "r2"), nil
		})
		if err := c.Do(t.Context(), Request{Operation: "Op", Path: "/p"}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"1 answered map[attempt:1 duration_ms:7 method:GET operation:Op path:/p request_id: service:Example status:503]",
			"3 failed, will be sent again map[attempt:1 error:503 Service Unavailable: busy: later",
			"1 answered map[attempt:2 duration_ms:7 method:GET operation:Op path:/p request_id:r2 service:Example status:200]",
		} {
			if !strings.Contains(book.String(), want) {
				t.Errorf("%q is not in\n%s", want, book)
			}
		}
	})
}

// What a service says can't forge what people read, in errors and in logs: what moves a cursor,
// breaks a line or turns text around is written as an escape. Secrets are hidden all the same,
// beside it and at the end of what is shown.
func TestTextOfAServiceIsEscaped(t *testing.T) {
	t.Parallel()
	const hostile, password = "bob\x1b[1A\x1b[2K\r\n\nNo changes.\u202e", "p4ssw\x1brd\\of\tours"
	for name, body := range map[string]string{
		"JSON":       `{"error_code":"` + jsonText(hostile) + `","error_msg":"` + jsonText(hostile+password+hostile) + `"}`,
		"long JSON":  `{"code":"7","message":"` + jsonText(hostile+strings.Repeat("\x1b", maxText-len(hostile)-6)+password) + `"}`,
		"text":       hostile + password,
		"long text":  hostile + strings.Repeat("x", 190-len(hostile)) + password,
		"JSON array": `["` + hostile + password + `"]`,
		"page":       "<title>" + hostile + password + "</title>",
	} {
		book := &logBook{}
		c := serve(t, Config{Logger: book, Secrets: []string{password}}, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, body)
		})
		e := failure(t.Context(), t, c, Request{Operation: "Op", Path: "/apps/" + url.PathEscape(hostile)})
		for _, text := range []string{e.Error(), book.String()} {
			if strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) || strings.Contains(text, "\nNo changes") {
				t.Errorf("%s: as it came: %q", name, text)
			}
			if !strings.Contains(text, `bob\x1b[1A\x1b[2K`) || !strings.Contains(text, "No changes.") || strings.Contains(text, "p4ss") {
				t.Errorf("%s: not said, or a secret is: %q", name, text)
			}
		}
	}
}
