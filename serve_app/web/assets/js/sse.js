/** Server-sent events over fetch, which unlike EventSource can POST and carry a key. */

/** Yields `{ event, data }`, data parsed from JSON, until the stream ends. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const blocks = (rest + value).replace(/\r\n?/g, "\n").split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) yield* parsed(block);
    }
    yield* parsed(rest);
  } finally {
    reader.cancel().catch(() => {});
  }
}

function* parsed(block) {
  let event = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  if (!data.length || data[0] === "[DONE]") return;
  yield { event, data: JSON.parse(data.join("\n")) };
}
