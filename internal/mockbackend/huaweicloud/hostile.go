// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// The service's own faults. Those of lists strike ListApps and ListAppAuthorizations only, those of writes the two
// writes of authorizations; elsewhere they do nothing.
const (
	// PartialBatch carries out half of a write and answers 500.
	PartialBatch wire.FaultKind = "partial_batch"
	// IgnoredWrite answers 200 and does nothing.
	IgnoredWrite wire.FaultKind = "ignored_write"

	Unauthorized    wire.FaultKind = "unauthorized"
	TokenExpired    wire.FaultKind = "token_expired"
	Forbidden       wire.FaultKind = "forbidden"
	UnavailableJSON wire.FaultKind = "unavailable_json"
	// Redirect answers 302 to the URL in the fault's Body.
	Redirect wire.FaultKind = "redirect"
	// GiantBody streams a well-formed list until it has the fault's Size, 1 GiB by default, whatever the operation.
	GiantBody wire.FaultKind = "giant_body"
	// GiantString is one string of that size.
	GiantString wire.FaultKind = "giant_string"
	NullBody    wire.FaultKind = "null_body"
	DeepBody    wire.FaultKind = "deep_body"

	// EndlessPages has a full page of accounts or apps that nobody has seen for every offset.
	EndlessPages wire.FaultKind = "endless_pages"
	// RepeatingPages answers every offset with the first page and promises more.
	RepeatingPages wire.FaultKind = "repeating_pages"
	// OverlappingPages begins every page with the last record of the one before.
	OverlappingPages wire.FaultKind = "overlapping_pages"
	// ShortPages sends at most half of the limit, though there is more.
	ShortPages       wire.FaultKind = "short_pages"
	CountHigh        wire.FaultKind = "count_high"
	CountLow         wire.FaultKind = "count_low"
	CountNegative    wire.FaultKind = "count_negative"
	Nulls            wire.FaultKind = "nulls"
	WrongTypes       wire.FaultKind = "wrong_types"
	InvalidUTF8      wire.FaultKind = "invalid_utf8"
	UnknownEnum      wire.FaultKind = "unknown_enum"
	MissingItems     wire.FaultKind = "missing_items"
	WrongContentType wire.FaultKind = "wrong_content_type"
)

// FaultKinds describes the service's own faults.
var FaultKinds = []wire.FaultDoc{
	{Kind: PartialBatch, Doc: "write: half of it is done, then 500"},
	{Kind: IgnoredWrite, Doc: "write: 200, but nothing is done"},
	{Kind: Unauthorized, Doc: "401 APIGW.0301; nothing is done"},
	{Kind: TokenExpired, Doc: "401 APIGW.0307; nothing is done"},
	{Kind: Forbidden, Doc: "403 WKS.00081102; nothing is done"},
	{Kind: UnavailableJSON, Doc: "503 WKS.00050902; nothing is done"},
	{Kind: Redirect, Doc: "302 to the URL in body; nothing is done"},
	{Kind: GiantBody, Doc: "200 with a well-formed list of size bytes (default 1 GiB); nothing is done"},
	{Kind: GiantString, Doc: "200 with one string of size bytes; nothing is done"},
	{Kind: NullBody, Doc: "200 with null; nothing is done"},
	{Kind: DeepBody, Doc: "200 with a hundred thousand nested arrays; nothing is done"},
	{Kind: EndlessPages, Doc: "list: pages never end"},
	{Kind: RepeatingPages, Doc: "list: every page is the first"},
	{Kind: OverlappingPages, Doc: "list: every page begins with the last record of the one before"},
	{Kind: ShortPages, Doc: "list: at most half of limit comes, though there is more"},
	{Kind: CountHigh, Doc: "list: count is too high"},
	{Kind: CountLow, Doc: "list: count is 0"},
	{Kind: CountNegative, Doc: "list: count is -1"},
	{Kind: Nulls, Doc: "list: null for everything"},
	{Kind: WrongTypes, Doc: "list: strings for numbers, objects for arrays"},
	{Kind: InvalidUTF8, Doc: "list: names that are not UTF-8"},
	{Kind: UnknownEnum, Doc: "list: account types, platform types and modes that nobody documented"},
	{Kind: MissingItems, Doc: "list: an empty object"},
	{Kind: WrongContentType, Doc: "list: the right JSON as text/html"},
}

const defaultGiant = 1 << 30

// playFault answers a request that a fault strikes whatever the operation does. It returns false when the operation
// has to go on.
func (b *Backend) playFault(fault wire.Fault, operation string, w http.ResponseWriter, r *http.Request) bool {
	size := cmp.Or(fault.Size, defaultGiant)
	switch fault.Kind {
	case Unauthorized:
		fail(w, errAuthentication("decrypt token fail"))
	case TokenExpired:
		fail(w, errTokenExpired)
	case Forbidden:
		fail(w, errForbidden)
	case UnavailableJSON:
		fail(w, errUnavailable)
	case Redirect:
		w.Header().Set("Location", cmp.Or(fault.Body, "https://elsewhere.invalid"+r.URL.RequestURI()))
		w.WriteHeader(http.StatusFound)
	case GiantBody:
		element := `{"account":"giant","domain":"local.com","account_type":"SIMPLE","id":"giant","name":"giant"}`
		stream(w, `{"count":2147483647,"items":[`+element, strings.Repeat(","+element, 64), "]}", size)
	case GiantString:
		stream(w, `{"count":1,"items":[{"account_type":"SIMPLE","account":"`, strings.Repeat("a", 1<<12), `"}]}`, size)
	case NullBody:
		raw(w, "null")
	case DeepBody:
		raw(w, strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000))
	default:
		for _, doc := range FaultKinds {
			if doc.Kind == fault.Kind {
				return false
			}
		}
		wire.Violate(r, "the mock has no fault of kind %q", fault.Kind)
		http.Error(w, fmt.Sprintf("mock: no fault of kind %q for %s", fault.Kind, operation), http.StatusInternalServerError)
	}
	return true
}

func raw(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

// stream sends head, as many chunks as make up the size, and tail. It ends early when the client hangs up.
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

// answerList sends a page, or what a fault makes of it.
func (b *Backend) answerList(w http.ResponseWriter, r *http.Request, p paging, page pager) {
	fault, _ := wire.ServiceFault(r)
	offset, limit := p.offset, p.limit
	switch fault.Kind {
	case RepeatingPages:
		offset = 0
	case OverlappingPages:
		offset = max(0, offset-1)
	case ShortPages:
		limit = (limit + 1) / 2
	}
	items, count := page(offset, limit)
	if items == nil {
		items = []any{}
	}
	answer := list{Count: count, Items: items}
	switch fault.Kind {
	case EndlessPages:
		answer = list{Count: 1 << 40}
		for i := range p.limit {
			name := fmt.Sprintf("endless-%d", p.offset+i)
			answer.Items = append(answer.Items, map[string]any{
				"account": name, "domain": localDomain, "account_type": Simple,
				"id": name, "name": name, "authorization_type": AssignUser,
			})
		}
	case RepeatingPages, CountHigh:
		answer.Count = max(2*count, p.offset+2*p.limit)
	case CountLow:
		answer.Count = 0
	case CountNegative:
		answer.Count = -1
	case Nulls:
		raw(w, `{"count":null,"items":[null,{"account":null,"domain":null,"account_type":null,"platform_type":null,"id":null,"name":null,"authorization_type":null}]}`)
		return
	case WrongTypes:
		raw(w, `{"count":"many","items":{"account":1,"domain":[],"account_type":{},"platform_type":true,"id":7,"name":false}}`)
		return
	case InvalidUTF8:
		raw(w, "{\"count\":1,\"items\":[{\"account\":\"\xff\xfe\",\"domain\":\"\xc3\x28.com\",\"account_type\":\"SIMPLE\",\"id\":\"\xff\",\"name\":\"\xff\",\"authorization_type\":\"ASSIGN_USER\"}]}")
		return
	case UnknownEnum:
		raw(w, `{"count":1,"items":[{"account":"robot","domain":"local.com","account_type":"ROBOT","platform_type":"MAINFRAME","id":"robot","name":"robot","authorization_type":"SOME_USER","status":"ODD"}]}`)
		return
	case MissingItems:
		raw(w, `{}`)
		return
	case WrongContentType:
		w.Header().Set("Content-Type", "text/html")
	}
	wire.Note(r, "offset", p.offset, "limit", p.limit, "items", fmt.Sprintf("%d/%d", len(answer.Items), answer.Count))
	wire.WriteJSON(w, http.StatusOK, answer)
}
