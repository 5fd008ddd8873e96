package org.lossbook.demo

import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update

/** The way the user came: the last place is on the screen. */
class Route(first: Place) {
    private val stack = MutableStateFlow(listOf(first))

    /** All places, the first one first. */
    val places: StateFlow<List<Place>> = stack.asStateFlow()

    /** Where the user is. */
    val here: Place get() = stack.value.last()

    /** Opens a place on top of this one. */
    fun open(place: Place) = stack.update { it + place }

    /** Puts a place where this one is: after a report there is no way back into the empty form. */
    fun replace(place: Place) = stack.update { it.dropLast(1) + place }

    /** Begins anew. */
    fun begin(place: Place) {
        stack.value = listOf(place)
    }

    /** Goes back; says whether there was somewhere to go. */
    fun back(): Boolean {
        val deep = stack.value.size > 1
        if (deep) stack.update { it.dropLast(1) }
        return deep
    }
}
