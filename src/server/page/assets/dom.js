// Texts come from callers too: they are set as text, never as markup.

export const byId = (id) => document.getElementById(id)

/** Sets a text if it is another one, so that a screen reader hears of changes only. */
export const say = (element, text) => {
  if (element.textContent !== text) element.textContent = text
}

/** Makes an element with its attributes and what it holds. */
export const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/** Fills a table's body with rows of cells; the first cell names its row. What stays is kept, so that it can be selected. */
export const fill = (table, rows, none = "") => {
  const [body] = table.tBodies
  const wanted = rows.length > 0 ? rows : [{ cells: [none], tone: "none" }]
  while (body.rows.length > wanted.length) body.lastChild.remove()
  wanted.forEach(({ cells, tone = "" }, index) => {
    const row = body.rows[index] ?? body.appendChild(make("tr"))
    while (row.cells.length > cells.length) row.lastChild.remove()
    cells.forEach((text, cell) => {
      say(row.cells[cell] ?? row.appendChild(cell === 0 ? make("th", { scope: "row" }) : make("td")), text)
    })
    row.cells[0].title = cells[0]
    row.dataset.tone = tone
  })
}
