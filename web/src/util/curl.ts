/** A call as a command somebody can read and paste. */

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

export function curlOf(method: string, path: string, body?: unknown): string {
  const call = `curl ${method === "GET" ? "" : `-X ${method} `}${quoted(`${location.origin}${path}`)}`;
  if (body === undefined) return call;
  // With a space after each comma and colon, so that a narrow screen breaks it between words.
  const json = JSON.stringify(body, null, 1).replace(/\n\s*/g, " ");
  // Longer than a line: each part on its own.
  return [call, "-H 'Content-Type: application/json'", `-d ${quoted(json)}`].join(" \\\n  ");
}
