// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package hostile plays answers that no honest service gives: endless ones, ones that lead
// elsewhere, ones made to break a decoder. The mock services share it.
package hostile

import (
	"cmp"
	"io"
	"net/http"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Kinds of faults. In none of them, but for WrongContentType, does the service act on the request.
const (
	Redirect         wire.FaultKind = "redirect"
	GiantBody        wire.FaultKind = "giant_body"
	GiantString      wire.FaultKind = "giant_string"
	NullBody         wire.FaultKind = "null_body"
	DeepBody         wire.FaultKind = "deep_body"
	Nulls            wire.FaultKind = "nulls"
	WrongTypes       wire.FaultKind = "wrong_types"
	InvalidUTF8      wire.FaultKind = "invalid_utf8"
	UnknownEnum      wire.FaultKind = "unknown_enum"
	WrongContentType wire.FaultKind = "wrong_content_type"
)

// FaultKinds describes the kinds for people.
var FaultKinds = []wire.FaultDoc{
	{Kind: Redirect, Doc: "302 to the URL in body; nothing is done"},
	{Kind: GiantBody, Doc: "200 with a well-formed list of size bytes (default 1 GiB); nothing is done"},
	{Kind: GiantString, Doc: "200 with one string of size bytes; nothing is done"},
	{Kind: NullBody, Doc: "200 with null; nothing is done"},
	{Kind: DeepBody, Doc: "200 with a hundred thousand nested arrays; nothing is done"},
	{Kind: Nulls, Doc: "200 with null for everything; nothing is done"},
	{Kind: WrongTypes, Doc: "200 with strings for numbers, objects for arrays; nothing is done"},
	{Kind: InvalidUTF8, Doc: "200 with text that is not UTF-8; nothing is done"},
	{Kind: UnknownEnum, Doc: "200 with values that nobody documented; nothing is done"},
	{Kind: WrongContentType, Doc: "the right answer as text/html"},
}

// Bodies are what a service's hostile answers are made of.
type Bodies struct {
	// Head, Element and Tail make an endless list: `{"items":[`, `{"id":"x"}`, `]}`. TextHead and
	// TextTail stand around an endless string.
	Head, Element, Tail string
	TextHead, TextTail  string
	// Nulls, WrongTypes, InvalidUTF8 and UnknownEnum are whole answers; an empty one is not played.
	Nulls, WrongTypes, InvalidUTF8, UnknownEnum string
}

const defaultSize = 1 << 30

// Play answers a request that a hostile fault strikes. It returns false when the fault is of
// another kind and when the service has to go on and answer itself. It may take long: call it
// without a lock.
func (b Bodies) Play(w http.ResponseWriter, r *http.Request, fault wire.Fault) bool {
	size := cmp.Or(fault.Size, defaultSize)
	switch fault.Kind {
	case Redirect:
		w.Header().Set("Location", cmp.Or(fault.Body, "https://elsewhere.invalid"+r.URL.RequestURI()))
		w.WriteHeader(http.StatusFound)
	case GiantBody:
		stream(w, b.Head+b.Element, strings.Repeat(","+b.Element, 64), b.Tail, size)
	case GiantString:
		stream(w, b.TextHead, strings.Repeat("a", 1<<12), b.TextTail, size)
	case NullBody:
		return raw(w, "null")
	case DeepBody:
		return raw(w, strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000))
	case Nulls:
		return raw(w, b.Nulls)
	case WrongTypes:
		return raw(w, b.WrongTypes)
	case InvalidUTF8:
		return raw(w, b.InvalidUTF8)
	case UnknownEnum:
		return raw(w, b.UnknownEnum)
	case WrongContentType:
		w.Header().Set("Content-Type", "text/html")
		return false
	default:
		return false
	}
	return true
}

func raw(w http.ResponseWriter, body string) bool {
	if body == "" {
		return false
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
	return true
}

// stream sends head, as many chunks as make up the size, and tail. It ends early when the client
// hangs up.
func stream(w http.ResponseWriter, head, chunk, tail string, size int64) {
	w.Header().Set("Content-Type", "application/json")
	if err := http.NewResponseController(w).Flush(); err != nil {
		return
	}
	if _, err := io.WriteString(w, head); err != nil {
		return
	}
	for sent := int64(len(head) + len(tail)); sent < size; sent += int64(len(chunk)) {
		if _, err := io.WriteString(w, chunk); err != nil {
			return
		}
	}
	_, _ = io.WriteString(w, tail)
}
