import { Base64 } from "effect/encoding"
import { AiError, type Prompt } from "effect/ai"
import { Effect, Predicate } from "effect"
import type { ChatCompletionContentPart, ChatCompletionContentPartImage } from "openai/resources"

type Detail = NonNullable<ChatCompletionContentPartImage.ImageURL["detail"]>

const audio: Readonly<Record<string, "wav" | "mp3">> = {
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "audio/mpeg": "mp3",
  "audio/mp3": "mp3"
}

const notTaken = (part: Prompt.FilePart, why: string) =>
  Effect.fail(
    new AiError.InvalidRequestError({
      parameter: "prompt",
      description: `A file of type ${JSON.stringify(part.mediaType)} is in the prompt; ${why}.`
    })
  )

// The endpoint takes any image type under its own name, but not the wildcard.
const typeOf = ({ mediaType }: Prompt.FilePart): string => (mediaType === "image/*" ? "image/jpeg" : mediaType)

const isUrl = (text: string): boolean => /^(https?|data):/i.test(text)

const urlOf = ({ data }: Prompt.FilePart): string | undefined => {
  if (data instanceof URL) return data.href
  return Predicate.isString(data) && isUrl(data) ? data : undefined
}

const base64Of = (part: Prompt.FilePart): string | undefined => {
  const url = urlOf(part)
  if (url !== undefined) return /^data:[^,]*;base64,(.*)$/is.exec(url)?.[1]
  return part.data instanceof Uint8Array ? Base64.encode(part.data) : String(part.data)
}

const dataUrlOf = (part: Prompt.FilePart, base64: string): string => `data:${typeOf(part)};base64,${base64}`

const detailOf = ({ options }: Prompt.FilePart): { readonly detail?: Detail } => {
  const detail = Predicate.hasProperty(options["openai"], "imageDetail") ? options["openai"].imageDetail : undefined
  return detail === "auto" || detail === "low" || detail === "high" ? { detail } : {}
}

const imageOf = (part: Prompt.FilePart): Effect.Effect<ChatCompletionContentPart, AiError.InvalidRequestError> => {
  const url = urlOf(part) ?? dataUrlOf(part, base64Of(part)!)
  return isUrl(url)
    ? Effect.succeed({ type: "image_url", image_url: { url, ...detailOf(part) } })
    : notTaken(part, "the model fetches http and https URLs only, so give its bytes in place of another URL")
}

/**
 * Puts a file of a prompt into the endpoint's words, or says why it cannot.
 *
 * It takes images, by URL or inline, sound as WAV or MP3, and PDF. A text in place of bytes is base64, a `data:` URL, or for an
 * image any URL; for a PDF it may be the id of an uploaded file.
 */
export const of = (part: Prompt.FilePart): Effect.Effect<ChatCompletionContentPart, AiError.InvalidRequestError> => {
  if (part.mediaType.startsWith("image/")) return imageOf(part)
  if (Predicate.isString(part.data) && part.data.startsWith("file-")) {
    return Effect.succeed({ type: "file", file: { file_id: part.data } })
  }
  const format = Object.hasOwn(audio, part.mediaType) ? audio[part.mediaType] : undefined
  if (format === undefined && part.mediaType !== "application/pdf") {
    return notTaken(part, "the model takes images, audio/wav, audio/mpeg and application/pdf; give a text as text")
  }
  const base64 = base64Of(part)
  if (base64 === undefined) return notTaken(part, "the model fetches images only, so give its bytes in place of a URL")
  if (format !== undefined) return Effect.succeed({ type: "input_audio", input_audio: { data: base64, format } })
  const filename = part.fileName ?? "document.pdf"
  return Effect.succeed({ type: "file", file: { filename, file_data: dataUrlOf(part, base64) } })
}
