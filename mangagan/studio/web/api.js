// Requests to the server. A refusal becomes an Error with the server's own sentence.

async function answered(response) {
  if (response.ok) return response;
  let text = `${response.status} ${response.statusText}`;
  try {
    text = (await response.json()).error || text;
  } catch {
    // The body is no JSON: the status says what there is to say.
  }
  throw new Error(text);
}

export async function get(path) {
  return (await answered(await fetch(path))).json();
}

export async function send(method, path, body = {}) {
  const headers = { "Content-Type": "application/json", "X-Studio": "1" };
  const response = await answered(await fetch(path, { method, headers, body: JSON.stringify(body) }));
  return response.status === 204 ? null : response.json();
}

export async function bitmap(path) {
  return createImageBitmap(await (await answered(await fetch(path))).blob());
}

// fetch does not tell how much of a body was sent.
export function upload(file, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", `/api/projects?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("X-Studio", "1");
    request.upload.onprogress = (event) => progress(event.loaded / Math.max(1, event.total));
    request.onerror = () => reject(new Error("the studio does not answer"));
    request.onload = () => {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        // Told below by the status.
      }
      if (request.status === 201) resolve(answer.id);
      else reject(new Error(answer.error || `${request.status} ${request.statusText}`));
    };
    request.send(file);
  });
}

export function events(receive, lost) {
  const source = new EventSource("/api/events");
  source.onmessage = (message) => receive(JSON.parse(message.data));
  // The browser connects again by itself.
  source.onerror = lost;
  return source;
}

export const projectPath = (id) => `/api/projects/${id}`;
export const pagePath = (id, number) => `/api/projects/${id}/pages/${number}`;
