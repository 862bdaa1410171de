// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/credential"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// The vendor's names of the calls.
const (
	opBatchUpdate        = "BatchUpdateAppAuthorizations"
	opListAuthorizations = "ListAppAuthorizations"
	opListApps           = "ListApps"
	opListProjects       = "KeystoneListProjects"
)

// Codes that decide something (vendor pages "Error Codes" of Workspace and of API Gateway).
const (
	codeAppNotFound = "WKS.00211902"
	codeTryAgain    = "WKS.00211401" // "The requested operation failed. Please try again later."
)

// actions are the IAM actions that the calls need, as identity policies name them (API.md,
// section 11).
var actions = map[string]string{
	opBatchUpdate:        "workspace:appcenter:batchUpdateAppAuthorizations",
	opListAuthorizations: "workspace:appcenter:listAppAuthorizations",
	opListApps:           "workspace:appcenter:listApps",
	opListProjects:       "iam:projects:list",
}

// roleActionListProjects is the one action whose name in role policies, the older kind, is known.
const roleActionListProjects = "iam:projects:listProjects"

// classify reads the errors of the service ({"error_code","error_msg"}), of the gateway in front of
// it (with request_id) and of IAM ({"error":{"code","message"}}). Only one 500 is worth another
// try; what else is, the core knows by its status.
func classify(a rest.Answer) *rest.Error {
	e := &rest.Error{}
	var fields map[string]json.RawMessage
	if json.Unmarshal(a.Body, &fields) != nil {
		return e
	}
	readFields(e, fields)
	e.Transient = a.Status == http.StatusInternalServerError && e.Code == codeTryAgain
	return e
}

// readFields looks for code and message where the vendor's SDK does, and in its order.
func readFields(e *rest.Error, fields map[string]json.RawMessage) {
	for _, names := range [][3]string{{"error_code", "error_msg", "request_id"}, {"code", "message", "request_id"}, {"errCode", "errMsg", "requestId"}} {
		code, message := rest.Scalar(fields[names[0]]), rest.Scalar(fields[names[1]])
		if code == "" && message == "" {
			continue
		}
		e.Code, e.Message = code, message
		if e.RequestID == "" {
			e.RequestID = rest.Scalar(fields[names[2]])
		}
		if detail := rest.Scalar(fields["error_detail"]); detail != "" && detail != message {
			e.Message = strings.TrimSpace(message + " " + detail)
		}
		return
	}
	for _, name := range []string{"error", "details"} {
		var inner map[string]json.RawMessage
		raw := fields[name]
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
			raw = list[0]
		}
		if json.Unmarshal(raw, &inner) == nil && len(inner) > 0 {
			delete(inner, "error") // one level is documented, and a hostile answer may have any number
			delete(inner, "details")
			readFields(e, inner)
			return
		}
	}
}

// explain adds to an error of the core what to do about it, and what it means.
func explain(err error) error {
	e, ok := errors.AsType[*rest.Error](err)
	if !ok {
		return err
	}
	if e.Hint == "" {
		e.Hint = hint(e)
	}
	if e.Code == codeAppNotFound {
		return &notFound{e}
	}
	return err
}

// notFound is an Error about an application that does not exist.
type notFound struct{ cause *rest.Error }

func (e *notFound) Error() string        { return e.cause.Error() }
func (e *notFound) Unwrap() error        { return e.cause }
func (e *notFound) Is(target error) bool { return target == ErrAppNotFound }

// SaysNotFound tells that the service itself, and not its gateway, refused a request as one about
// nothing: 404, or 400 as Workspace likes it. No code is documented for the list of an application
// that doesn't exist, so that this counts only for one that the complete list of applications
// lacks.
func SaysNotFound(err error) bool {
	e, ok := errors.AsType[*rest.Error](err)
	if !ok || e.Unsent || e.Status != http.StatusNotFound && e.Status != http.StatusBadRequest {
		return false
	}
	return !strings.HasPrefix(e.Code, "APIGW.") && !strings.HasPrefix(e.Code, "APIG.") && e.Code != ""
}

func hint(e *rest.Error) string {
	gateway, number, _ := strings.Cut(e.Code, ".")
	if gateway != "APIGW" && gateway != "APIG" {
		number = ""
	}
	switch {
	case e.Status == http.StatusUnauthorized:
		return credential.Refused(e)
	case e.Status == http.StatusForbidden:
		return hintForbidden(e, number)
	case number == "0101" || number == "0103":
		return "The address answers, but has no such API: check region, cloud, workspace_endpoint and iam_endpoint."
	case e.Status == http.StatusTooManyRequests:
		return "Other programs may use the same quota: lower requests_per_minute, or raise max_retries."
	case e.Code == "WKS.00010099":
		return "Workspace is not enabled in this project: check region and project_id."
	}
	return ""
}

func hintForbidden(e *rest.Error, number string) string {
	switch number {
	case "0310":
		return "The project is unavailable: check project_id (HW_PROJECT_ID) and region (HW_REGION_NAME)."
	case "0802":
		return "The IAM user may not use this region: check region (HW_REGION_NAME), or have the user's access to it granted."
	}
	if e.Operation == opListProjects {
		return "Set project_id (HW_PROJECT_ID): then IAM is not asked. Or grant the identity the IAM action " + actions[opListProjects] +
			" in an identity policy, or " + roleActionListProjects + " in a role policy."
	}
	if action := actions[e.Operation]; action != "" {
		return fmt.Sprintf("The identity behind the access key needs the IAM action %s in this project. That is its name in identity policies; "+
			"for role policies see the vendor's page \"Policy-Based Authorization\" of Workspace.", action)
	}
	return ""
}
