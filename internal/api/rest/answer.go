// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// readAnswer gives the Error of an answer whose status is not 2xx.
func (c *call) readAnswer(a Answer) *Error {
	if a.Status >= 300 && a.Status < 400 {
		return c.readRedirect(a)
	}
	if !json.Valid(a.Body) {
		a.Body = []byte(mask(string(a.Body), c.secretForms())) // before a part of it is taken
	}
	var e *Error
	if classify := c.client.config.Classify; classify != nil {
		e = classify(a)
	}
	if e == nil {
		e = &Error{}
	}
	if e.Code == "" && e.Message == "" {
		general := generalReading(a)
		e.Code, e.Message = general.Code, general.Message
		if e.Hint == "" {
			e.Hint = general.Hint
		}
	}
	if e.RequestID == "" {
		e.RequestID = requestID(a.Header)
	}
	e.Status, e.StatusText = a.Status, a.StatusText
	switch a.Status {
	case http.StatusTooManyRequests:
		e.Transient, e.Unsent = true, true
		e.RetryAfter = retryAfter(a.Header, time.Now())
	case http.StatusServiceUnavailable:
		e.Transient = true
		e.RetryAfter = retryAfter(a.Header, time.Now())
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		e.Transient = true
	}
	return e
}

// readRedirect refuses a redirect: what authorizes a request must not travel to another host, and a
// signature would not hold there.
func (c *call) readRedirect(a Answer) *Error {
	e := &Error{Status: a.Status, StatusText: a.StatusText, RequestID: requestID(a.Header)}
	e.Message = "redirects are not followed"
	if u, err := c.url.Parse(c.location); c.location != "" && err == nil && u.Host != "" {
		e.Message = fmt.Sprintf("redirected to %s://%s, which is not followed", u.Scheme, u.Host)
	}
	e.Hint = "Set the address of the service itself: no proxy, portal or login page in between."
	return e
}

// generalReading finds the code and the message in the forms that services and gateways commonly
// use.
func generalReading(a Answer) *Error {
	e := &Error{}
	if isHTML(a.Body) {
		e.Message = "answered with an HTML page" + quotedTitle(a.Body)
		if a.Status < 500 {
			e.Hint = hintHTML
		}
		return e
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(a.Body, &fields) == nil {
		e.Code = firstText(fields, "error_code", "code", "error", "status")
		e.Message = firstText(fields, "error_msg", "message", "msg", "error_description", "Message", "Error", "ErrorMessage")
		return e
	}
	if len(a.Body) > 0 {
		e.Message = Excerpt(a.Body, 200)
	}
	return e
}

// firstText gives the first of the named fields that is a text or a number.
func firstText(fields map[string]json.RawMessage, names ...string) string {
	for _, name := range names {
		if text := Scalar(fields[name]); text != "" {
			return text
		}
	}
	return ""
}

// requestID gives the id by which the service's support finds a request.
func requestID(h http.Header) string {
	for _, name := range []string{"X-Request-Id", "X-Iam-Trace-Id", "X-Correlation-Id"} {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// retryAfter reads Retry-After, seconds or a date (RFC 9110), and caps it.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		if n > int64(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		return max(0, time.Duration(n)*time.Second)
	}
	if at, err := http.ParseTime(text); err == nil {
		// A date has whole seconds: coming in the same second may still be too early.
		return min(max(0, at.Sub(now)), maxRetryAfter)
	}
	return 0
}
