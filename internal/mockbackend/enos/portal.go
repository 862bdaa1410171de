// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Codes of the Application Portal; see its page "Common Error Codes".
const (
	codeInvalid         = 31400
	codeUnauthenticated = 31401
	codeDenied          = 31403
	codeNotExist        = 31404
	codeExhausted       = 31429
	codeInternal        = 31500
	codeTimeout         = 31504
)

// The reasons of 31400 and the text of 31403, as the pages of the two authorization calls print
// them.
const (
	reasonNoOrg       = "OU ID is required."
	reasonType        = "authorization type is invalid."
	reasonShortcut    = "The target application is an application shortcut."
	reasonNoAccess    = "OU has no permission to access the application."
	reasonDenied      = "The application of the service account has no permission to authorize applications. Please contact the system administrator."
	reasonNoOrgForGet = "orgId is required"
	reasonNoAppForGet = "appId is required"
)

type envelope struct {
	Code      any             `json:"code"`
	Status    any             `json:"status,omitempty"`
	Message   string          `json:"message"`
	RequestID string          `json:"requestId,omitempty"`
	Data      json.RawMessage `json:"data,omitempty"`
}

// info answers "Get Application Authorization".
func (b *Backend) info(c *call) {
	app := b.target(c, c.query.Get("appId"), c.account.MayRead)
	if app == nil {
		return
	}
	listed := b.visible(app)
	if c.switches.ListedCase == ListedLower {
		for i, value := range listed {
			listed[i] = strings.ToLower(value)
		}
	}
	if c.switches.Duplicates == DuplicatesTwice {
		listed = append(listed, listed...)
	}
	if c.switches.Order != OrderStored {
		mathrand.Shuffle(len(listed), func(i, j int) { listed[i], listed[j] = listed[j], listed[i] })
	}
	wire.Note(c.r, "types", strings.Join(listed, ","))
	data := map[string]any{"dataAuthorizeType": listed}
	if len(listed) == 0 {
		switch c.switches.EmptyList {
		case EmptyNull:
			data["dataAuthorizeType"] = nil
		case EmptyAbsent:
			clear(data)
		}
	}
	switch c.switches.InfoData {
	case InfoDataMissing:
		b.succeed(c, nil)
		return
	case InfoDataEmpty:
		clear(data)
	case InfoDataNullAmong:
		values := []any{nil}
		for i, value := range listed {
			if i > 0 {
				values = append(values, value)
			}
		}
		data["dataAuthorizeType"] = values
	}
	b.succeed(c, data)
}

// set answers "Update Application Authorization": the list replaces the one that was there.
func (b *Backend) set(c *call) {
	if !jsonContent(c.r) {
		wire.Violate(c.r, "content type %q instead of application/json in UTF-8", c.r.Header.Get("Content-Type"))
		gateway(c.w, http.StatusBadRequest)
		return
	}
	object, err := fields(c.r, c.body, "appId", "dataAuthorizeType")
	if err != nil {
		gateway(c.w, http.StatusBadRequest)
		return
	}
	accessKey, ok := text(object["appId"], false)
	if !ok {
		wire.Violate(c.r, "appId is no string")
		b.fail(c, codeInvalid, fmt.Sprintf("The appId(%s) is invalid", object["appId"]))
		return
	}
	app := b.target(c, accessKey, c.account.MayAuthorize)
	if app == nil {
		return
	}
	if c.switches.OwnList == OwnRefused && accessKey == c.account.AccessKey {
		b.fail(c, codeDenied, reasonDenied)
		return
	}
	list, ok := b.wantedTypes(c, app, object["dataAuthorizeType"])
	if !ok {
		b.fail(c, codeInvalid, reasonType)
		return
	}
	wire.Note(c.r, "types", strings.Join(list, ","))
	if c.switches.SetData != SetDataFalse {
		b.replace(app, list)
	}
	b.succeed(c, c.switches.SetData != SetDataFalse && c.switches.SetData != SetDataFalseApplied)
}

// wantedTypes reads the list of a set; false when it is refused.
func (b *Backend) wantedTypes(c *call, app *application, raw json.RawMessage) ([]string, bool) {
	var wanted []string
	if len(raw) > 0 && json.Unmarshal(raw, &wanted) != nil {
		wire.Violate(c.r, "dataAuthorizeType is no list of strings")
		return nil, false
	}
	if wanted == nil {
		wire.Violate(c.r, "dataAuthorizeType is null or left out")
		switch c.switches.MissingKey {
		case MissingRefused:
			return nil, false
		case MissingUnchanged:
			return app.DataAuthorizeTypes, true
		}
	}
	list := make([]string, 0, len(wanted))
	for _, value := range wanted {
		if c.switches.Case == CaseInsensitive {
			value = strings.ToUpper(value)
		}
		if !slices.Contains(types, value) && !slices.Contains(b.extraTypes, value) {
			return nil, false
		}
		if slices.Contains(list, value) {
			wire.Violate(c.r, "dataAuthorizeType lists %s twice", value)
			continue
		}
		list = append(list, value)
	}
	return list, true
}

// target returns the application that an authorization call is about, or answers with the reason
// why it may not be touched.
func (b *Backend) target(c *call, accessKey string, permitted bool) *application {
	orgID := c.query.Get("orgId")
	wire.Note(c.r, "org", orgID, "app", accessKey)
	switch app := b.app(orgID, accessKey); {
	case orgID == "":
		wire.Violate(c.r, "no orgId")
		b.fail(c, codeInvalid, reasonNoOrg)
	case !permitted:
		b.fail(c, codeDenied, reasonDenied)
	case accessKey == "":
		wire.Violate(c.r, "no appId")
		b.fail(c, codeInvalid, "The appId() is invalid")
	case app == nil:
		b.fail(c, codeInvalid, reasonNoAccess)
	case app.CreatedType == Shortcut:
		b.fail(c, codeInvalid, reasonShortcut)
	default:
		return app
	}
	return nil
}

// visible returns a copy of the list that a read shows.
func (b *Backend) visible(app *application) []string {
	if app.staleReads > 0 {
		app.staleReads--
		return append([]string{}, app.shown...)
	}
	if b.service.Time().Before(app.staleUntil) {
		return append([]string{}, app.shown...)
	}
	return app.copied().DataAuthorizeTypes
}

// replace changes the list; reads go on to show what they showed before until it has settled.
func (b *Backend) replace(app *application, list []string) {
	now := b.service.Time()
	if app.staleReads == 0 && !now.Before(app.staleUntil) {
		app.shown = app.DataAuthorizeTypes
	}
	app.DataAuthorizeTypes = list
	app.staleReads = b.switches.staleReads()
	switch b.switches.Settling {
	case SettlingSecond:
		app.staleUntil = now.Add(time.Second)
	case SettlingMinute:
		app.staleUntil = now.Add(time.Minute)
	default:
		app.staleUntil = time.Time{}
	}
}

type names struct {
	Default string `json:"default"`
	English string `json:"en_US"`
	Chinese string `json:"zh_CN"`
}

type applicationData struct {
	ID              string      `json:"id"`
	Code            string      `json:"code"`
	NameJSON        names       `json:"nameJson"`
	DisplayName     string      `json:"displayName"`
	DescriptionJSON names       `json:"descriptionJson"`
	CreatedType     int         `json:"createdType"`
	Order           int         `json:"order"`
	Category        *category   `json:"category"`
	IsEnable        bool        `json:"isEnable"`
	IsDisplay       bool        `json:"isDisplay"`
	IsNewNavigation bool        `json:"isNewNavigation"`
	Tags            []tag       `json:"tags"`
	Menus           []resources `json:"menus"`
	Permissions     []resources `json:"permissions"`
}

type category struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type resources struct {
	ID   string `json:"id"`
	Code string `json:"code"`
}

// appGet answers "Get Application Information".
func (b *Backend) appGet(c *call) {
	orgID, accessKey := c.query.Get("orgId"), c.query.Get("appId")
	wire.Note(c.r, "org", orgID, "app", accessKey)
	if orgID == "" || accessKey == "" {
		wire.Violate(c.r, "no orgId or no appId")
		reason := reasonNoOrgForGet
		if orgID != "" {
			reason = reasonNoAppForGet
		}
		b.fail(c, codeInvalid, reason)
		return
	}
	app := b.app(orgID, accessKey)
	if app == nil {
		b.fail(c, codeNotExist, fmt.Sprintf("The application(%s) does not exist", accessKey))
		return
	}
	b.succeed(c, applicationData{
		ID: app.ID, Code: app.Code, NameJSON: names{app.Name, app.Name, app.Name}, DisplayName: app.Name,
		CreatedType: int(app.CreatedType), Order: 1, Category: &category{ID: "1", Name: "Default"},
		IsEnable: true, IsDisplay: true, Tags: []tag{}, Menus: []resources{}, Permissions: []resources{},
	})
}

// succeed answers with code 0. Data that is nil is left out.
func (b *Backend) succeed(c *call, data any) {
	var raw json.RawMessage
	if data != nil {
		var err error
		if raw, err = json.Marshal(data); err != nil {
			panic(err) // the operations answer plain values
		}
	}
	message := "OK"
	if c.switches.SuccessMessage == MessageEmpty {
		message = ""
	}
	answer := envelope{Code: b.code(0), Message: message, RequestID: b.requestID(), Data: raw}
	switch c.switches.Envelope {
	case EnvelopeBoth:
		answer.Status = b.code(0)
	case EnvelopeStatusFails:
		answer.Status = b.code(codeInternal)
	case EnvelopeCodeFails:
		answer.Code, answer.Message, answer.Status = b.code(codeInternal), "System internal error", b.code(0)
	}
	wire.WriteJSON(c.w, http.StatusOK, answer)
}

func (b *Backend) fail(c *call, code int, message string) {
	wire.Note(c.r, "code", code, "message", message)
	b.failure(c.w, code, message)
}

// failure answers with a code of the Application Portal.
func (b *Backend) failure(w http.ResponseWriter, code int, message string) {
	status := http.StatusOK
	if b.switches.BusinessStatus == StatusMatching {
		status = code - 31000
	}
	answer := envelope{Code: b.code(code), Message: message, RequestID: b.requestID()}
	switch b.switches.Envelope {
	case EnvelopeBoth, EnvelopeStatusFails:
		answer.Status = answer.Code
	case EnvelopeCodeFails:
		answer.Status = b.code(0)
	}
	if b.switches.FailureData != FailureAbsent {
		answer.Data = json.RawMessage("null")
	}
	wire.WriteJSON(w, status, answer)
}

func (b *Backend) requestID() string {
	if b.switches.RequestID != RequestIDSent {
		return ""
	}
	id := make([]byte, 8)
	_, _ = rand.Read(id) // never fails
	return hex.EncodeToString(id)
}
