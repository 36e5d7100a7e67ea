import type { LanguageModel, Response } from "effect/ai"
import { CallIds, type CallPiece, isComplete, isNoArguments } from "./ToolCalls.ts"

type Parts = Array<Response.StreamPartEncoded>

/** A call of a tool as its pieces come. */
class StreamedCall {
  /** The id that the server gave, which may come late, or be another call's too. */
  given = ""
  name = ""
  text = ""
  /** Whether arguments have come that say there are none. */
  saysNone = false
  /** The id that readers see, once the call has been announced. */
  id: string | undefined

  /** The arguments as far as they have come. */
  get params(): string {
    return this.text === "" && this.saysNone ? "{}" : this.text
  }

  /** Whether the name is not whole yet, as some servers send it in pieces; `names` are those on offer. */
  isContinuedBy(name: string, names: ReadonlyArray<string>): boolean {
    return this.text === "" && names.some((other) => other.startsWith(this.name + name))
  }

  /** Whether a piece without a name is not of this call. */
  isEndedBefore({ text }: CallPiece): boolean {
    return text.trim() !== "" && isComplete(this.text)
  }

  /** Whether a piece is not of this call but of the next: it has another name, or arguments beside complete ones. */
  isFollowedBy({ name, text }: CallPiece, names: ReadonlyArray<string>): boolean {
    if (name === "" || this.name === "") return false
    if (name !== this.name) return !this.isContinuedBy(name, names)
    return text !== "" && text !== this.text && isComplete(this.text)
  }
}

/**
 * Puts the pieces of tool calls together.
 *
 * A piece belongs to the call with its index, else to the one with its id; arguments alone belong to the open call. What cannot belong
 * there begins a call: another id with a name, another name, or arguments beside complete ones. So servers are understood
 * that leave out the index, give all calls the same, count it up within a call, give each piece an id of its own, or repeat ids and
 * names.
 */
export class StreamedCalls {
  readonly #names: ReadonlyArray<string>
  readonly #ids = new CallIds()
  readonly #calls: Array<StreamedCall> = []
  readonly #byIndex = new Map<number, StreamedCall>()

  constructor({ tools }: LanguageModel.ProviderOptions) {
    this.#names = tools.map(({ name }) => name)
  }

  /** Takes the pieces of a delta in, and tells what they bring; `reply` is the id of the reply. */
  push(pieces: ReadonlyArray<CallPiece>, reply: string | undefined): Parts {
    const parts: Parts = []
    for (const [position, piece] of pieces.entries()) {
      const known = this.#callOf(piece, position, pieces.length)
      const call = known ?? new StreamedCall()
      if (known === undefined) this.#calls.push(call)
      const { index } = piece
      if (index !== undefined && (known === undefined || !this.#byIndex.has(index))) this.#byIndex.set(index, call)
      this.#add(call, piece, reply, parts)
    }
    return parts
  }

  /** The calls, once all pieces have come, each with what is left to tell of it. */
  end(reply: string | undefined) {
    return this.#calls.map((call) => {
      const parts: Parts = []
      const id = call.id ?? this.#announce(call, reply, parts)
      return { id, name: call.name, text: call.params, parts }
    })
  }

  /** The call that a piece belongs to; `undefined` if it begins one. */
  #callOf(piece: CallPiece, position: number, size: number): StreamedCall | undefined {
    const { id, index, name } = piece
    const atIndex = index === undefined ? undefined : this.#byIndex.get(index)
    const withId = id === "" ? undefined : this.#calls.findLast(({ given }) => given === id)
    const found = this.#isContradicted(atIndex, piece) ? (withId ?? this.#despiteId(atIndex, piece)) : atIndex
    if (atIndex !== undefined) return this.#unlessNext(found, piece)
    if (withId !== undefined)
      return index !== undefined && name !== "" && isComplete(withId.params)
        ? undefined
        : this.#unlessNext(withId, piece)
    const open = this.#calls.at(-1)
    if (id !== "") return index === undefined && name === "" && open?.given === "" ? open : undefined
    if (index !== undefined) return name !== "" || open?.isEndedBefore(piece) === true ? undefined : open
    if (size === 1) return this.#unlessNext(open, piece)
    // Side by side, and nothing tells them apart but their order.
    return name === "" ? this.#calls.at(this.#calls.length - size + position) : undefined
  }

  #unlessNext(call: StreamedCall | undefined, piece: CallPiece): StreamedCall | undefined {
    return call?.isFollowedBy(piece, this.#names) === true ? undefined : call
  }

  /** Whether the call with a piece's index has another id than the piece. */
  #isContradicted(call: StreamedCall | undefined, { id }: CallPiece): boolean {
    return call !== undefined && id !== "" && call.given !== "" && call.given !== id
  }

  /** The call with a piece's index, if the piece is of it although its id is new: some servers make one up for each piece. */
  #despiteId(call: StreamedCall | undefined, { name }: CallPiece): StreamedCall | undefined {
    if (call === undefined || name === "") return call
    return name === call.name && call.text !== "" && !isComplete(call.text) ? call : undefined
  }

  #add(call: StreamedCall, piece: CallPiece, reply: string | undefined, parts: Parts): void {
    if (call.given === "") call.given = piece.id
    if (piece.name !== "" && piece.name !== call.name) {
      call.name = call.isContinuedBy(piece.name, this.#names) ? call.name + piece.name : piece.name
    }
    // Some servers end with the whole call once more.
    const isRepeated = piece.name !== "" && piece.text === call.text && isComplete(call.text)
    const isNone = call.text === "" && isNoArguments(piece.text)
    call.saysNone ||= isNone && piece.text !== ""
    const text = isRepeated || isNone ? "" : piece.text
    call.text += text
    if (call.id !== undefined) {
      if (text !== "") parts.push({ type: "tool-params-delta", id: call.id, delta: text })
    } else if (this.#isNamed(call)) {
      this.#announce(call, reply, parts)
    }
  }

  /** Whether the id and the name of a call are known, or will not change any more. */
  #isNamed({ given, name, text }: StreamedCall): boolean {
    if (name === "" || text !== "") return name !== ""
    return given !== "" && !this.#names.some((other) => other !== name && other.startsWith(name))
  }

  #announce(call: StreamedCall, reply: string | undefined, parts: Parts): string {
    const id = this.#ids.take(call.given, reply, this.#calls.indexOf(call))
    call.id = id
    parts.push({ type: "tool-params-start", id, name: call.name })
    if (call.text !== "") parts.push({ type: "tool-params-delta", id, delta: call.text })
    return id
  }
}
